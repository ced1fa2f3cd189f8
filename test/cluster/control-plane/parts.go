package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// parts are the programs of the control plane, each a goroutine; they are stopped in the reverse order of their start.
type parts struct {
	ctx     context.Context
	failed  chan error
	started []part
}

type part struct {
	name string
	stop context.CancelFunc
	done chan struct{}
}

func newParts(ctx context.Context) *parts {
	return &parts{ctx: ctx, failed: make(chan error, 8)}
}

// start runs a part until its context ends, which is only when stop is called: the end of ours must not end all at once.
func (p *parts) start(name string, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.ctx))
	started := part{name: name, stop: cancel, done: make(chan struct{})}
	p.started = append(p.started, started)
	go func() {
		defer close(started.done)
		err := run(ctx)
		if ctx.Err() == nil {
			p.failed <- fmt.Errorf("%s ended: %w", name, errors.Join(err, errors.New("it was not told to")))
		}
	}()
}

// wait returns when we are told to end, or when a part ends by itself, which is an error.
func (p *parts) wait() error {
	select {
	case <-p.ctx.Done():
		return nil
	case err := <-p.failed:
		return err
	}
}

// until asks again and again, and gives up when we are told to end, when a part fails or after startTimeout.
func (p *parts) until(what string, usable func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(p.ctx, startTimeout)
	defer cancel()
	for {
		err := usable(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w: %w", what, context.Cause(ctx), err)
		case failure := <-p.failed:
			return failure
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (p *parts) stop() {
	deadline := time.After(stopTimeout)
	for index := len(p.started) - 1; index >= 0; index-- {
		part := p.started[index]
		part.stop()
		select {
		case <-part.done:
		case <-deadline:
			fmt.Fprintf(os.Stderr, "control-plane: %s did not stop within %s\n", part.name, stopTimeout)
			return
		}
	}
}

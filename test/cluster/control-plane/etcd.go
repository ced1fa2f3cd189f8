package main

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/embed"
)

// startEtcd runs etcd on a socket in the data folder, where nobody else's programs reach it, and gives its address.
func (p *parts) startEtcd(data string) (string, error) {
	clients := url.URL{Scheme: "unix", Path: filepath.Join(data, "etcd.sock")}
	config := embed.NewConfig()
	config.Dir = filepath.Join(data, "etcd")
	config.LogLevel = "error"
	// The data is not meant to survive.
	config.UnsafeNoFsync = true
	// There are no other members, and nobody asks this one under which addresses it can be reached.
	config.ListenClientUrls = []url.URL{clients}
	config.ListenPeerUrls = nil
	server, err := embed.StartEtcd(config)
	if err != nil {
		return "", err
	}
	p.start("etcd", func(ctx context.Context) error {
		defer server.Close()
		select {
		case <-ctx.Done():
			return nil
		case err := <-server.Err():
			return err
		}
	})
	return clients.String(), p.until("etcd does not become ready", func(context.Context) error {
		select {
		case <-server.Server.ReadyNotify():
			return nil
		default:
			return errors.New("not ready")
		}
	})
}

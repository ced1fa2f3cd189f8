// Command control-plane runs etcd, kube-apiserver and kube-controller-manager in one process, on loopback, for tests.
//
// It writes an administrator's kubeconfig to the path given, prints one line of JSON when the cluster can be used, and
// ends, leaving nothing behind, at SIGTERM, SIGINT or when its standard input is closed.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/apiserver/pkg/util/feature"
	"k8s.io/component-base/logs"
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/component-base/version"
)

// How long parts may take to start, and to stop before the process ends all the same.
const (
	startTimeout = 60 * time.Second
	stopTimeout  = 10 * time.Second
)

// ready is the line that says that the cluster can be used.
type ready struct {
	Server     string `json:"server"`
	Kubeconfig string `json:"kubeconfig"`
	Version    string `json:"version"`
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "file to write the administrator's kubeconfig to")
	flag.Parse()
	if *kubeconfig == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "usage: control-plane -kubeconfig FILE")
		os.Exit(2)
	}
	if err := run(untilToldToEnd(), *kubeconfig); err != nil {
		fmt.Fprintf(os.Stderr, "control-plane: %v\n", err)
		os.Exit(1)
	}
}

// untilToldToEnd gives a context that ends at a signal or with the standard input, hence with a parent that was killed.
func untilToldToEnd() context.Context {
	// A parent that is gone no longer reads what we log, which must not end us before we have cleaned up.
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return ctx
}

func run(ctx context.Context, kubeconfigFile string) error {
	data, err := os.MkdirTemp("", "control-plane-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	defer os.Remove(kubeconfigFile)

	if err := logsapi.ValidateAndApply(logs.NewOptions(), feature.DefaultFeatureGate); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := "https://" + listener.Addr().String()
	keys, err := writeKeys(data)
	if err != nil {
		return err
	}
	if err := keys.writeKubeconfig(kubeconfigFile, server); err != nil {
		return err
	}

	parts := newParts(ctx)
	defer parts.stop()
	etcd, err := parts.startEtcd(data)
	if err != nil {
		return fmt.Errorf("etcd: %w", err)
	}
	if err := parts.startAPIServer(listener, etcd, keys); err != nil {
		return fmt.Errorf("kube-apiserver: %w", err)
	}
	if err := parts.startControllers(kubeconfigFile); err != nil {
		return fmt.Errorf("kube-controller-manager: %w", err)
	}
	if err := parts.startNamespaces(kubeconfigFile); err != nil {
		return fmt.Errorf("namespaces: %w", err)
	}
	if err := parts.waitUntilUsable(kubeconfigFile); err != nil {
		return err
	}
	line := ready{Server: server, Kubeconfig: kubeconfigFile, Version: version.Get().GitVersion}
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		return err
	}
	return parts.wait()
}

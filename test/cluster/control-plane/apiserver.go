package main

import (
	"context"
	"net"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/errors"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// apiServerFlags are those whose defaults do not fit; everything else, admission plugins above all, stays the default.
func apiServerFlags(etcd string, keys keys) []string {
	return []string{
		"--etcd-servers=" + etcd,
		"--authorization-mode=Node,RBAC",
		// Pod Security is to judge privileged pods, not the validation before it.
		"--allow-privileged=true",
		"--client-ca-file=" + keys.authority,
		"--tls-cert-file=" + keys.servingCertificate,
		"--tls-private-key-file=" + keys.servingKey,
		"--service-account-issuer=" + issuer,
		"--service-account-key-file=" + keys.serviceAccounts,
		"--service-account-signing-key-file=" + keys.serviceAccounts,
		// Both families, so that Services may ask for them.
		"--service-cluster-ip-range=10.96.0.0/16,fd00:10:96::/112",
		// Endpoints must not be loopback, and nobody looks for the API server there.
		"--endpoint-reconciler-type=none",
		"--advertise-address=192.0.2.1",
	}
}

const issuer = "https://kubernetes.default.svc.cluster.local"

func (p *parts) startAPIServer(listener net.Listener, etcd string, keys keys) error {
	config := options.NewServerRunOptions()
	if err := parse(config.Flags(), apiServerFlags(etcd, keys)); err != nil {
		return err
	}
	config.SecureServing.Listener = listener
	config.SecureServing.BindPort = listener.Addr().(*net.TCPAddr).Port
	if err := config.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return err
	}
	completed, err := config.Complete(p.ctx)
	if err != nil {
		return err
	}
	if faults := completed.Validate(); len(faults) > 0 {
		return errors.NewAggregate(faults)
	}
	p.start("kube-apiserver", func(ctx context.Context) error { return app.Run(ctx, completed) })
	return nil
}

// parse sets the options behind the flags.
func parse(sets cliflag.NamedFlagSets, flags []string) error {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, set := range sets.FlagSets {
		all.AddFlagSet(set)
	}
	return all.Parse(flags)
}

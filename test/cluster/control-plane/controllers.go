package main

import (
	"context"

	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
)

// controllers are those that need no nodes and that manifests of ours make use of; startNamespaces is one more.
const controllers = "clusterrole-aggregation-controller,cronjob-controller,deployment-controller," +
	"disruption-controller,endpoints-controller,endpointslice-controller,garbage-collector-controller," +
	"job-controller,replicaset-controller,resourcequota-controller," +
	"root-ca-certificate-publisher-controller,serviceaccount-controller,serviceaccount-token-controller," +
	"statefulset-controller,validatingadmissionpolicy-status-controller"

func (p *parts) startControllers(kubeconfig string) error {
	config, err := options.NewKubeControllerManagerOptions()
	if err != nil {
		return err
	}
	known, disabled, aliases := app.KnownControllers(), app.ControllersDisabledByDefault(), app.ControllerAliases()
	flags := []string{
		"--kubeconfig=" + kubeconfig,
		"--controllers=" + controllers,
		"--leader-elect=false",
		// As clusters have it: each controller as a ServiceAccount of its own, which admission policies know.
		"--use-service-account-credentials=true",
		"--secure-port=0",
		"--kube-api-qps=500",
		"--kube-api-burst=1000",
	}
	if err := parse(config.Flags(known, disabled, aliases), flags); err != nil {
		return err
	}
	complete, err := config.Config(p.ctx, known, disabled, aliases)
	if err != nil {
		return err
	}
	p.start("kube-controller-manager", func(ctx context.Context) error { return app.Run(ctx, complete.Complete()) })
	return nil
}

package main

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/namespace/deletion"
)

// startNamespaces empties namespaces that were deleted, as the controller of that name does, but at once. That one waits
// for five seconds, for the sake of other API servers and members of etcd, which we do not have.
func (p *parts) startNamespaces(kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	// No limit of our own to how often we ask.
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	contents, err := metadata.NewForConfig(config)
	if err != nil {
		return err
	}
	p.start("namespaces", func(ctx context.Context) error {
		resources := client.Discovery().ServerPreferredNamespacedResources
		core := client.CoreV1()
		deleter := deletion.NewNamespacedResourcesDeleter(
			ctx, core.Namespaces(), contents, core, resources, corev1.FinalizerKubernetes)
		return deleteNamespaces(ctx, client, deleter)
	})
	return nil
}

func deleteNamespaces(
	ctx context.Context, client kubernetes.Interface, deleter deletion.NamespacedResourcesDeleterInterface,
) error {
	deleted := workqueue.NewTypedRateLimitingQueue(
		workqueue.NewTypedItemExponentialFailureRateLimiter[string](10*time.Millisecond, time.Second))
	informer := informers.NewSharedInformerFactory(client, 0).Core().V1().Namespaces().Informer()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		UpdateFunc: func(_, now any) {
			if namespace := now.(*corev1.Namespace); namespace.DeletionTimestamp != nil {
				deleted.Add(namespace.Name)
			}
		},
	})
	if err != nil {
		return err
	}
	go informer.RunWithContext(ctx)
	go func() {
		<-ctx.Done()
		deleted.ShutDown()
	}()
	for {
		name, ended := deleted.Get()
		if ended {
			return nil
		}
		if err := deleter.Delete(ctx, name); err != nil {
			klog.V(2).InfoS("The namespace is not empty yet", "namespace", name, "err", err)
			deleted.AddRateLimited(name)
		} else {
			deleted.Forget(name)
		}
		deleted.Done(name)
	}
}

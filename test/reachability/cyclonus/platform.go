package main

import (
	"strings"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// platform is what is asked: every end, of every end, at every port.
type platform struct {
	Namespaces []namespace                   `json:"namespaces"`
	Ends       []end                         `json:"ends"`
	Policies   []*networkingv1.NetworkPolicy `json:"policies"`
	Ports      []port                        `json:"ports"`
}

type namespace struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
}

// end is a pod; without a namespace, something outside of the cluster.
type end struct {
	Namespace string            `json:"namespace"`
	Labels    map[string]string `json:"labels"`
	Ports     []namedPort       `json:"ports"`
	// Addresses that it may have.
	Addresses []string `json:"addresses"`
}

type port struct {
	Port     int             `json:"port"`
	Protocol corev1.Protocol `json:"protocol"`
}

type namedPort struct {
	port
	Name string `json:"name"`
}

// answer has a digit for each connection: by source, then destination, then port; 1 where it is allowed.
func (p *platform) answer() (string, error) {
	policies, err := p.judgedPolicies()
	if err != nil {
		return "", err
	}
	read := matcher.BuildNetworkPolicies(false, policies)
	digits := strings.Builder{}
	for from := range p.Ends {
		for to := range p.Ends {
			for _, at := range p.Ports {
				if p.allows(read, from, to, at) {
					digits.WriteByte('1')
				} else {
					digits.WriteByte('0')
				}
			}
		}
	}
	return digits.String(), nil
}

// allows tells whether both sides allow a connection, for some addresses that the ends may have.
func (p *platform) allows(read *matcher.Policy, from, to int, at port) bool {
	return p.sideAllows(read, from, to, at, false) && p.sideAllows(read, from, to, at, true)
}

// sideAllows asks with each address of the other end, since a side's own address decides nothing.
func (p *platform) sideAllows(read *matcher.Policy, from, to int, at port, isIngress bool) bool {
	other := to
	if isIngress {
		other = from
	}
	for _, address := range p.Ends[other].Addresses {
		traffic := &matcher.Traffic{
			Source:           p.peer(from),
			Destination:      p.peer(to),
			ResolvedPort:     at.Port,
			ResolvedPortName: p.Ends[to].nameOf(at),
			Protocol:         at.Protocol,
		}
		if isIngress {
			traffic.Source.IP = address
		} else {
			traffic.Destination.IP = address
		}
		if read.IsIngressOrEgressAllowed(traffic, isIngress).IsAllowed() {
			return true
		}
	}
	return false
}

func (p *platform) peer(index int) *matcher.TrafficPeer {
	one := p.Ends[index]
	peer := &matcher.TrafficPeer{IP: one.Addresses[0]}
	if one.Namespace != "" {
		peer.Internal = &matcher.InternalPeer{
			Namespace:       one.Namespace,
			NamespaceLabels: byName(one.Namespace),
			PodLabels:       byName(podName(index)),
		}
	}
	return peer
}

func (e *end) nameOf(at port) string {
	for _, named := range e.Ports {
		if named.port == at {
			return named.Name
		}
	}
	return ""
}

package main

import (
	"strconv"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Selectors are judged by Kubernetes' own library, and cyclonus is given selectors of the names that they select:
// of NotIn it wants the label to be there, and of an empty value it does not.
const nameLabel = "name"

func byName(name string) map[string]string {
	return map[string]string{nameLabel: name}
}

func podName(index int) string {
	return strconv.Itoa(index)
}

// judgedPolicies are the policies with selectors of names, and with the types that the API server would fill in.
func (p *platform) judgedPolicies() ([]*networkingv1.NetworkPolicy, error) {
	for _, policy := range p.Policies {
		spec := &policy.Spec
		fillInTypes(spec)
		selectors := []*metav1.LabelSelector{&spec.PodSelector}
		var ofNamespaces []*metav1.LabelSelector
		for _, peer := range peersOf(spec) {
			selectors = append(selectors, peer.PodSelector)
			ofNamespaces = append(ofNamespaces, peer.NamespaceSelector)
		}
		for _, selector := range selectors {
			if err := judge(selector, p.labelsOfPods()); err != nil {
				return nil, err
			}
		}
		for _, selector := range ofNamespaces {
			if err := judge(selector, p.labelsOfNamespaces()); err != nil {
				return nil, err
			}
		}
	}
	return p.Policies, nil
}

// fillInTypes does as SetDefaults_NetworkPolicy of k8s.io/kubernetes.
func fillInTypes(spec *networkingv1.NetworkPolicySpec) {
	if len(spec.PolicyTypes) > 0 {
		return
	}
	spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
	if len(spec.Egress) > 0 {
		spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeEgress)
	}
}

func peersOf(spec *networkingv1.NetworkPolicySpec) []networkingv1.NetworkPolicyPeer {
	var peers []networkingv1.NetworkPolicyPeer
	for _, rule := range spec.Ingress {
		peers = append(peers, rule.From...)
	}
	for _, rule := range spec.Egress {
		peers = append(peers, rule.To...)
	}
	return peers
}

func (p *platform) labelsOfPods() map[string]labels.Set {
	pods := map[string]labels.Set{}
	for index, one := range p.Ends {
		pods[podName(index)] = one.Labels
	}
	return pods
}

func (p *platform) labelsOfNamespaces() map[string]labels.Set {
	namespaces := map[string]labels.Set{}
	for _, one := range p.Namespaces {
		namespaces[one.Name] = one.Labels
	}
	return namespaces
}

// judge replaces a selector by one of the names whose labels it selects; empty ones, which select all, stay.
func judge(selector *metav1.LabelSelector, candidates map[string]labels.Set) error {
	if selector == nil || len(selector.MatchLabels)+len(selector.MatchExpressions) == 0 {
		return nil
	}
	wanted, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return err
	}
	in := metav1.LabelSelectorRequirement{Key: nameLabel, Operator: metav1.LabelSelectorOpIn}
	for name, set := range candidates {
		if wanted.Matches(set) {
			in.Values = append(in.Values, name)
		}
	}
	*selector = metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{in}}
	return nil
}

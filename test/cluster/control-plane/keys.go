package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// keys are the files with the keys and certificates of one run; they live as long as its data folder.
type keys struct {
	authority          string
	servingCertificate string
	servingKey         string
	serviceAccounts    string
	admin              *clientcmdapi.AuthInfo
}

// writeKeys makes an authority, the API server's certificate, an administrator's and the key that signs tokens.
func writeKeys(folder string) (keys, error) {
	path := func(name string) string { return filepath.Join(folder, name) }
	files := keys{
		authority:          path("authority.crt"),
		servingCertificate: path("serving.crt"),
		servingKey:         path("serving.key"),
		serviceAccounts:    path("service-accounts.key"),
	}
	authority, err := newAuthority()
	if err != nil {
		return files, err
	}
	serving, err := authority.issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", "kubernetes.default.svc"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	})
	if err != nil {
		return files, err
	}
	// Members of this group may do everything.
	admin, err := authority.issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "admin", Organization: []string{"system:masters"}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return files, err
	}
	files.admin = &clientcmdapi.AuthInfo{ClientCertificateData: admin.certificate, ClientKeyData: admin.key}
	serviceAccounts, err := keyutil.MakeEllipticPrivateKeyPEM()
	if err != nil {
		return files, err
	}
	for file, content := range map[string][]byte{
		files.authority:          encode(authority.certificate),
		files.servingCertificate: serving.certificate,
		files.servingKey:         serving.key,
		files.serviceAccounts:    serviceAccounts,
	} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			return files, err
		}
	}
	return files, nil
}

// writeKubeconfig writes the administrator's, with everything that it needs inside.
func (k keys) writeKubeconfig(file, server string) error {
	authority, err := os.ReadFile(k.authority)
	if err != nil {
		return err
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["test"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: authority}
	config.AuthInfos["admin"] = k.admin
	config.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "admin"}
	config.CurrentContext = "test"
	return clientcmd.WriteToFile(*config, file)
}

type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

type pair struct{ certificate, key []byte }

func newAuthority() (authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, err
	}
	certificate, err := cert.NewSelfSignedCACert(cert.Config{CommonName: "control-plane"}, key)
	return authority{certificate, key}, err
}

// issue signs a certificate of which the template says who and for what.
func (a authority) issue(template *x509.Certificate) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64)); err != nil {
		return pair{}, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.NotBefore = a.certificate.NotBefore
	template.NotAfter = time.Now().Add(24 * time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return pair{}, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return pair{}, err
	}
	encoded, err := keyutil.MarshalPrivateKeyToPEM(key)
	return pair{encode(certificate), encoded}, err
}

func encode(certificate *x509.Certificate) []byte {
	encoded, _ := cert.EncodeCertificates(certificate)
	return encoded
}

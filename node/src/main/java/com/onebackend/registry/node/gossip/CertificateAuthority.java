package com.onebackend.registry.node.gossip;

import io.netty.util.NetUtil;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.ECNamedCurveTable;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.DSADigestSigner;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.DefaultSignatureAlgorithmIdentifierFinder;

/**
 * The cluster's certificate authority. Its P-256 key is computed from the cluster secret and its own certificate is
 * signed deterministically, so that every node holds the same one, byte for byte, and nothing needs to be distributed.
 *
 * <p>Certificates do not expire in practice: who holds the secret can always make new ones, so that an expiry date
 * would protect nothing and could only stop a cluster whose clocks are wrong or that ran for long.
 */
final class CertificateAuthority {
    private static final String CURVE = "secp256r1";
    private static final String SIGNATURE = "SHA256WITHECDSA";
    private static final Date NOT_BEFORE = Date.from(Instant.parse("2000-01-01T00:00:00Z"));
    private static final Date NOT_AFTER = Date.from(Instant.parse("2999-12-31T00:00:00Z"));
    private static final int SERIAL_BITS = 120;
    private static final int COMMON_NAME_CHARS_MAX = 64;
    private static final Pattern DNS_NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?");

    private final ECPrivateKeyParameters key;
    private final X500Name name = new X500NameBuilder(BCStyle.INSTANCE)
            .addRDN(BCStyle.CN, "registry cluster")
            .build();
    private final X509Certificate certificate;

    /** The authority of the cluster that shares these keys. */
    CertificateAuthority(final ClusterKeys keys) {
        final X9ECParameters curve = ECNamedCurveTable.getByName(CURVE);
        final ECNamedDomainParameters domain = new ECNamedDomainParameters(ECNamedCurveTable.getOID(CURVE), curve);
        // FIPS 186-5 A.2.1: 128 extra random bits make the reduction's bias negligible.
        final BigInteger scalar = new BigInteger(1, keys.authoritySeed())
                .mod(domain.getN().subtract(BigInteger.ONE))
                .add(BigInteger.ONE);
        key = new ECPrivateKeyParameters(scalar, domain);
        final ECPublicKeyParameters publicKey =
                new ECPublicKeyParameters(new FixedPointCombMultiplier().multiply(domain.getG(), scalar), domain);
        try {
            certificate = certify(selfSigned(SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(publicKey)));
        } catch (final IOException | CertificateException e) {
            throw new IllegalStateException("the cluster's certificate authority could not be made", e);
        }
    }

    /** What every node trusts, and nothing else. */
    X509Certificate certificate() {
        return certificate;
    }

    /**
     * A certificate for one process, good for both ends of a connection.
     *
     * @param hosts names and addresses under which the node is reached
     */
    X509Certificate issue(final String nodeId, final PublicKey publicKey, final Collection<String> hosts)
            throws GeneralSecurityException, IOException {
        final String shortId = nodeId.substring(0, Math.min(nodeId.length(), COMMON_NAME_CHARS_MAX));
        final X509v3CertificateBuilder builder = new X509v3CertificateBuilder(
                name,
                new BigInteger(SERIAL_BITS, new SecureRandom()).setBit(SERIAL_BITS),
                NOT_BEFORE,
                NOT_AFTER,
                new X500NameBuilder(BCStyle.INSTANCE)
                        .addRDN(BCStyle.CN, shortId)
                        .build(),
                SubjectPublicKeyInfo.getInstance(publicKey.getEncoded()));
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
            KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
        }));
        builder.addExtension(Extension.subjectAlternativeName, false, alternativeNames(nodeId, hosts));
        return certify(builder);
    }

    private static GeneralNames alternativeNames(final String nodeId, final Collection<String> hosts) {
        final List<GeneralName> names = new ArrayList<>();
        for (final String host : hosts) {
            if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
                names.add(new GeneralName(GeneralName.iPAddress, host));
            } else if (DNS_NAME.matcher(host).matches()) {
                names.add(new GeneralName(GeneralName.dNSName, host));
            }
        }
        if (DNS_NAME.matcher(nodeId).matches()) {
            names.add(new GeneralName(GeneralName.dNSName, nodeId));
        }
        names.add(new GeneralName(GeneralName.dNSName, "localhost"));
        return new GeneralNames(names.toArray(GeneralName[]::new));
    }

    private X509v3CertificateBuilder selfSigned(final SubjectPublicKeyInfo publicKey) throws IOException {
        final X509v3CertificateBuilder builder =
                new X509v3CertificateBuilder(name, BigInteger.ONE, NOT_BEFORE, NOT_AFTER, name, publicKey);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        return builder;
    }

    private X509Certificate certify(final X509v3CertificateBuilder builder) throws IOException, CertificateException {
        final byte[] encoded = builder.build(new Signer()).getEncoded();
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
    }

    /** Deterministic ECDSA (RFC 6979). */
    private final class Signer implements ContentSigner {
        private final ByteArrayOutputStream content = new ByteArrayOutputStream();

        @Override
        public AlgorithmIdentifier getAlgorithmIdentifier() {
            return new DefaultSignatureAlgorithmIdentifierFinder().find(SIGNATURE);
        }

        @Override
        public OutputStream getOutputStream() {
            return content;
        }

        @Override
        public byte[] getSignature() {
            final DSADigestSigner signer = new DSADigestSigner(
                    new ECDSASigner(new HMacDSAKCalculator(new SHA256Digest())), new SHA256Digest());
            signer.init(true, key);
            signer.update(content.toByteArray(), 0, content.size());
            return signer.generateSignature();
        }
    }
}

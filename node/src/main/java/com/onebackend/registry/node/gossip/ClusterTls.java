package com.onebackend.registry.node.gossip;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.Collection;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Mutual TLS 1.3 between the nodes of one cluster, for gossip and for Raft. Each process makes a key of its own and has
 * it certified by the authority that the cluster secret implies; it trusts that authority alone. A certificate proves
 * membership, not a name: nodes move between addresses, and who can make one certificate can make any.
 *
 * <p><i>Thread:</i> any, immutable.
 */
public final class ClusterTls {
    private static final String PROTOCOL = "TLSv1.3";
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> OWNER_FOLDER = PosixFilePermissions.fromString("rwx------");

    private final X509Certificate authority;
    private final X509Certificate certificate;
    private final PrivateKey privateKey;
    private final X509ExtendedKeyManager keyManager;
    private final X509ExtendedTrustManager trustManager;
    private final SslContext serverContext;
    private final SslContext clientContext;

    private ClusterTls(final CertificateAuthority authority, final String nodeId, final Collection<String> hosts)
            throws GeneralSecurityException, IOException {
        final KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        final KeyPair pair = generator.generateKeyPair();
        this.authority = authority.certificate();
        privateKey = pair.getPrivate();
        certificate = authority.issue(nodeId, pair.getPublic(), hosts);
        keyManager = keyManagerOf(privateKey, certificate);
        trustManager = new MembersOnly(trustManagerOf(this.authority));
        serverContext = SslContextBuilder.forServer(keyManager)
                .sslProvider(SslProvider.JDK)
                .protocols(PROTOCOL)
                .trustManager(trustManager)
                .clientAuth(ClientAuth.REQUIRE)
                .build();
        clientContext = SslContextBuilder.forClient()
                .sslProvider(SslProvider.JDK)
                .protocols(PROTOCOL)
                .keyManager(keyManager)
                .trustManager(trustManager)
                .endpointIdentificationAlgorithm(null)
                .build();
    }

    /**
     * TLS for this process.
     *
     * @param hosts names and addresses under which others reach this node: only for tools that check them
     */
    public static ClusterTls create(final ClusterKeys keys, final String nodeId, final Collection<String> hosts) {
        try {
            return new ClusterTls(new CertificateAuthority(keys), nodeId, hosts);
        } catch (final GeneralSecurityException | IOException e) {
            throw new IllegalStateException("TLS between nodes cannot be set up with this Java", e);
        }
    }

    /** This process's key and certificate, for a library that sets up TLS itself. */
    public X509ExtendedKeyManager keyManager() {
        return keyManager;
    }

    /** Accepts the members of the cluster, at whatever address they are, and nobody else. */
    public X509ExtendedTrustManager trustManager() {
        return trustManager;
    }

    SslContext serverContext() {
        return serverContext;
    }

    SslContext clientContext() {
        return clientContext;
    }

    /**
     * Writes the key (PKCS#8), the certificate and the authority as PEM files that only the owner can read, for tools.
     *
     * @param folder is made when absent; files of an earlier process are replaced
     */
    public PemFiles writePem(final Path folder) throws IOException {
        if (Files.getFileStore(Files.createDirectories(folder)).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(folder, OWNER_FOLDER);
        }
        try {
            return new PemFiles(
                    write(folder.resolve("node.key.pem"), "PRIVATE KEY", privateKey.getEncoded()),
                    write(folder.resolve("node.cert.pem"), "CERTIFICATE", certificate.getEncoded()),
                    write(folder.resolve("authority.cert.pem"), "CERTIFICATE", authority.getEncoded()));
        } catch (final CertificateException e) {
            throw new IOException("certificate cannot be encoded", e);
        }
    }

    /** Where {@link #writePem} wrote. */
    public record PemFiles(Path key, Path certificate, Path authority) {}

    private static Path write(final Path file, final String type, final byte[] der) throws IOException {
        final String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        final String pem = "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n";
        // The temporary file is the owner's alone from its first moment, and a reader never sees half a file.
        final Path part = Files.createTempFile(file.toAbsolutePath().getParent(), "pem", ".part");
        if (Files.getFileStore(part).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(part, OWNER_ONLY);
        }
        Files.write(part, pem.getBytes(StandardCharsets.US_ASCII));
        return Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static X509ExtendedKeyManager keyManagerOf(final PrivateKey key, final X509Certificate certificate)
            throws GeneralSecurityException, IOException {
        final char[] noPassword = new char[0];
        final KeyStore store = emptyStore();
        store.setKeyEntry("node", key, noPassword, new Certificate[] {certificate});
        final KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, noPassword);
        for (final KeyManager manager : factory.getKeyManagers()) {
            if (manager instanceof X509ExtendedKeyManager extended) {
                return extended;
            }
        }
        throw new SSLException("this Java offers no key manager");
    }

    private static X509ExtendedTrustManager trustManagerOf(final X509Certificate authority)
            throws GeneralSecurityException, IOException {
        final KeyStore store = emptyStore();
        store.setCertificateEntry("authority", authority);
        final TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        final KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    /** Checks the chain and not the host name, whatever the library that uses it asks for. */
    private static final class MembersOnly extends X509ExtendedTrustManager {
        private final X509ExtendedTrustManager chains;

        private MembersOnly(final X509ExtendedTrustManager chains) {
            this.chains = chains;
        }

        @Override
        public void checkClientTrusted(final X509Certificate[] chain, final String authType)
                throws CertificateException {
            chains.checkClientTrusted(chain, authType);
        }

        @Override
        public void checkServerTrusted(final X509Certificate[] chain, final String authType)
                throws CertificateException {
            chains.checkServerTrusted(chain, authType);
        }

        @Override
        public void checkClientTrusted(final X509Certificate[] chain, final String authType, final Socket socket)
                throws CertificateException {
            chains.checkClientTrusted(chain, authType);
        }

        @Override
        public void checkServerTrusted(final X509Certificate[] chain, final String authType, final Socket socket)
                throws CertificateException {
            chains.checkServerTrusted(chain, authType);
        }

        @Override
        public void checkClientTrusted(final X509Certificate[] chain, final String authType, final SSLEngine engine)
                throws CertificateException {
            chains.checkClientTrusted(chain, authType);
        }

        @Override
        public void checkServerTrusted(final X509Certificate[] chain, final String authType, final SSLEngine engine)
                throws CertificateException {
            chains.checkServerTrusted(chain, authType);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return chains.getAcceptedIssuers();
        }
    }
}

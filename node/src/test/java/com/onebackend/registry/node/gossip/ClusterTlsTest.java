package com.onebackend.registry.node.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.grpc.GrpcUtil;
import org.apache.ratis.thirdparty.io.netty.buffer.ByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterTlsTest {
    private static ClusterTls tls(final String secret, final String nodeId) {
        return ClusterTls.create(ClusterKeys.derive(secret), nodeId, List.of("10.1.2.3", "node-a.example"));
    }

    private static GrpcTlsConfig raft(final ClusterTls tls) {
        return new GrpcTlsConfig(tls.keyManager(), tls.trustManager(), true);
    }

    private static X509Certificate read(final Path pem) throws Exception {
        try (InputStream in = Files.newInputStream(pem)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    @Test
    void everyNodeComputesTheSameAuthority() throws Exception {
        final byte[] first = new CertificateAuthority(ClusterKeys.derive(TestNode.SECRET))
                .certificate()
                .getEncoded();
        assertThat(new CertificateAuthority(ClusterKeys.derive(TestNode.SECRET))
                        .certificate()
                        .getEncoded())
                .isEqualTo(first);
        assertThat(new CertificateAuthority(ClusterKeys.derive(TestNode.OTHER_SECRET))
                        .certificate()
                        .getEncoded())
                .isNotEqualTo(first);
    }

    @Test
    void certificateNamesTheNodeAndOutlivesEveryClock(@TempDir final Path folder) throws Exception {
        final String longId = "http://node-a.example:8080/" + "x".repeat(90);
        final ClusterTls.PemFiles files = tls(TestNode.SECRET, longId).writePem(folder);
        final X509Certificate certificate = read(files.certificate());
        certificate.verify(read(files.authority()).getPublicKey());
        assertThat(certificate.getSubjectX500Principal().getName()).contains("node-a.example");
        assertThat(certificate.getSubjectAlternativeNames().toString()).contains("10.1.2.3", "node-a.example");
        certificate.checkValidity(Date.from(Instant.parse("2001-01-01T00:00:00Z")));
        certificate.checkValidity(Date.from(Instant.parse("2500-01-01T00:00:00Z")));
    }

    @Test
    void filesAreTheOwnersAlone(@TempDir final Path parent) throws IOException {
        final Path folder = parent.resolve("tls");
        tls(TestNode.SECRET, "a").writePem(folder);
        final ClusterTls.PemFiles files = tls(TestNode.SECRET, "a").writePem(folder);
        for (final Path file : List.of(files.key(), files.certificate(), files.authority())) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                .isEqualTo("rwx------");
        try (Stream<Path> all = Files.list(folder)) {
            assertThat(all).hasSize(3);
        }
    }

    @Test
    void raftAcceptsMembersAtAnyAddress() throws IOException {
        final SSLEngine client = raftClient(raft(tls(TestNode.SECRET, "a")), "192.0.2.77");
        final SSLEngine server = raftServer(raft(tls(TestNode.SECRET, "b")));
        shakeHands(client, server);
        assertThat(client.getSession().getPeerCertificates()).hasSize(1);
        assertThat(server.getSession().getPeerCertificates()).hasSize(1);
    }

    @Test
    void raftAcceptsTheFilesAtTheAdvertisedAddress(@TempDir final Path folder) throws IOException {
        final ClusterTls.PemFiles files = tls(TestNode.SECRET, "a").writePem(folder);
        final GrpcTlsConfig config = new GrpcTlsConfig(
                files.key().toFile(),
                files.certificate().toFile(),
                files.authority().toFile(),
                true);
        shakeHands(raftClient(config, "10.1.2.3"), raftServer(config));
    }

    @Test
    void raftRefusesAnotherSecret() throws IOException {
        final SSLEngine client = raftClient(raft(tls(TestNode.OTHER_SECRET, "a")), "10.1.2.3");
        final SSLEngine server = raftServer(raft(tls(TestNode.SECRET, "b")));
        assertThatThrownBy(() -> shakeHands(client, server)).isInstanceOf(SSLException.class);
    }

    private static SSLEngine raftServer(final GrpcTlsConfig config) {
        return GrpcUtil.buildSslContextForServer(config).newEngine(ByteBufAllocator.DEFAULT);
    }

    /** As gRPC makes it: with the host name to be checked. */
    private static SSLEngine raftClient(final GrpcTlsConfig config, final String host) {
        final SSLEngine engine = GrpcUtil.buildSslContextForClient(config).newEngine(ByteBufAllocator.DEFAULT, host, 1);
        final SSLParameters parameters = engine.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        engine.setSSLParameters(parameters);
        return engine;
    }

    private static void shakeHands(final SSLEngine client, final SSLEngine server) throws SSLException {
        final Map<SSLEngine, ByteBuffer> inboxes =
                Map.of(client, ByteBuffer.allocate(1 << 16), server, ByteBuffer.allocate(1 << 16));
        client.beginHandshake();
        server.beginHandshake();
        for (int step = 0; step < 200 && (isShaking(client) || isShaking(server)); step++) {
            advance(client, inboxes.get(client), inboxes.get(server));
            advance(server, inboxes.get(server), inboxes.get(client));
        }
        assertThat(isShaking(client) || isShaking(server)).isFalse();
    }

    private static boolean isShaking(final SSLEngine engine) {
        return engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING;
    }

    private static void advance(final SSLEngine engine, final ByteBuffer inbox, final ByteBuffer outbox)
            throws SSLException {
        switch (engine.getHandshakeStatus()) {
            case NEED_TASK -> engine.getDelegatedTask().run();
            case NEED_WRAP -> engine.wrap(ByteBuffer.allocate(0), outbox);
            case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                inbox.flip();
                engine.unwrap(inbox, ByteBuffer.allocate(1 << 16));
                inbox.compact();
            }
            default -> {
                // This side is done.
            }
        }
    }
}

package com.onebackend.registry.node.gossip;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/** A peer that speaks TLS by the JDK's blocking sockets and says whatever a test wants it to say. */
final class HandMadePeer implements AutoCloseable {
    private static final int READ_MILLIS_MAX = 5_000;

    private final SSLSocket socket;

    private HandMadePeer(final SSLSocket socket) {
        this.socket = socket;
    }

    static HandMadePeer connect(final TestNode to, final String secret) {
        try {
            final ClusterTls tls = ClusterTls.create(ClusterKeys.derive(secret), "hand-made", List.of());
            final SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(new KeyManager[] {tls.keyManager()}, new TrustManager[] {tls.trustManager()}, null);
            final SSLSocket socket =
                    (SSLSocket) context.getSocketFactory().createSocket(TestNode.HOST, to.streams.port());
            socket.setSoTimeout(READ_MILLIS_MAX);
            return new HandMadePeer(socket);
        } catch (final GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void write(final Frame frame) {
        write(ByteBuffer.allocate(Frame.HEADER_BYTES + frame.payload().length)
                .put((byte) frame.kind().code())
                .putInt(frame.payload().length)
                .put(frame.payload())
                .array());
    }

    void write(final byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Frame read() {
        try {
            final DataInputStream in = new DataInputStream(socket.getInputStream());
            final FrameKind kind = FrameKind.of(in.readUnsignedByte());
            return new Frame(kind, in.readNBytes(in.readInt()));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** True when the other side closed, with or without TLS's good-bye. */
    boolean isClosedByPeer() {
        try {
            return socket.getInputStream().read() < 0;
        } catch (final SocketTimeoutException e) {
            return false;
        } catch (final IOException e) {
            return true;
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package com.onebackend.registry.node.gossip;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every connection has in common: it is handled once TLS is up, and whatever goes wrong on it is counted once and
 * closes it, it alone.
 *
 * <p><i>Thread:</i> the connection's event loop.
 */
abstract class ConnectionHandler extends SimpleChannelInboundHandler<Frame> {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionHandler.class);

    private final TransportCounters counters;
    private boolean isFailed;

    ConnectionHandler(final TransportCounters counters) {
        this.counters = counters;
    }

    /** Both sides proved that they hold the cluster secret, as far as this side can tell. */
    abstract void onSecure(ChannelHandlerContext ctx);

    /** A whole frame, within the limits of its kind. */
    abstract void onFrame(ChannelHandlerContext ctx, Frame frame);

    /** The reason, before the connection closes. */
    void onFailure(final Throwable cause) {}

    /** Counts, once for the connection, and closes it. */
    final void refuse(final ChannelHandlerContext ctx, final TransportEvent event, final String why) {
        if (!isFailed) {
            isFailed = true;
            counters.add(event, ctx.channel().remoteAddress(), why);
        }
        ctx.close();
    }

    @Override
    protected final void channelRead0(final ChannelHandlerContext ctx, final Frame frame) {
        if (!isFailed) {
            onFrame(ctx, frame);
        }
    }

    @Override
    public void userEventTriggered(final ChannelHandlerContext ctx, final Object event) throws Exception {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            if (handshake.isSuccess()) {
                onSecure(ctx);
            } else {
                handshakeFailed(ctx, handshake.cause());
            }
        }
        super.userEventTriggered(ctx, event);
    }

    private void handshakeFailed(final ChannelHandlerContext ctx, final Throwable cause) {
        onFailure(cause);
        if (cause instanceof ClosedChannelException && !isFailed) {
            // Connected and went away without a byte: a port probe, not worth a warning.
            isFailed = true;
            counters.add(TransportEvent.HANDSHAKE_FAILED);
        }
        refuse(ctx, TransportEvent.HANDSHAKE_FAILED, why(cause));
    }

    /** Netty quotes what is not TLS, which may be a request that went to the wrong port, token and all. */
    private static String why(final Throwable cause) {
        return cause instanceof NotSslRecordException ? "it does not speak TLS" : String.valueOf(cause.getMessage());
    }

    @Override
    public final void exceptionCaught(final ChannelHandlerContext ctx, final Throwable thrown) {
        final Throwable cause = thrown.getCause() instanceof SSLException ? thrown.getCause() : thrown;
        onFailure(cause);
        if (cause instanceof CorruptedFrameException) {
            refuse(ctx, TransportEvent.FRAME_MALFORMED, cause.getMessage());
        } else if (cause instanceof SSLException) {
            refuse(ctx, TransportEvent.HANDSHAKE_FAILED, why(cause));
        } else if (cause instanceof IOException) {
            LOG.debug("connection peer={} broke: {}", ctx.channel().remoteAddress(), cause.toString());
            ctx.close();
        } else {
            LOG.error("connection peer={} failed", ctx.channel().remoteAddress(), cause);
            refuse(ctx, TransportEvent.HANDLER_FAILED, cause.toString());
        }
    }
}

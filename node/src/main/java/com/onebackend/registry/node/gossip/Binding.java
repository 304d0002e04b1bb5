package com.onebackend.registry.node.gossip;

import io.netty.bootstrap.AbstractBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Binds a socket, or says which and why not. */
final class Binding {
    private Binding() {}

    /** Blocks until the socket is bound; call it from the starting thread. */
    static Channel bind(
            final AbstractBootstrap<?, ?> bootstrap, final String host, final int port, final String purpose)
            throws IOException {
        final ChannelFuture bound = bootstrap
                .bind(new InetSocketAddress(InetAddress.getByName(host), port))
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "cannot bind " + host + ":" + port + " for gossip " + purpose
                            + ": is the port taken (set OB_GOSSIP_PORT), or the address not of this machine?",
                    bound.cause());
        }
        return bound.channel();
    }
}

package com.onebackend.registry.node.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * The yardstick: a Netty server that answers each path with bytes it was given, and does nothing else. Reads (path,
 * body)
 * pairs from standard input, prints its port, ends when standard input does.
 */
final class MinimalServer {
    private MinimalServer() {}

    public static void main(final String[] args) throws IOException, InterruptedException {
        final DataInputStream in = new DataInputStream(System.in);
        final Map<String, byte[]> bodies = new HashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            final String path = in.readUTF();
            final byte[] body = new byte[in.readInt()];
            in.readFully(body);
            bodies.put(path, body);
        }
        final boolean epoll = Epoll.isAvailable();
        final EventLoopGroup loops =
                new MultiThreadIoEventLoopGroup(0, epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        final Class<? extends ServerSocketChannel> type =
                epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        final Channel server = new ServerBootstrap()
                .group(loops)
                .channel(type)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(final SocketChannel channel) {
                        channel.pipeline().addLast(new HttpServerCodec(), new Answer(bodies));
                    }
                })
                .bind("127.0.0.1", 0)
                .sync()
                .channel();
        System.out.println(((java.net.InetSocketAddress) server.localAddress()).getPort());
        System.out.flush();
        while (in.read() >= 0) {
            // The parent keeps the pipe open for as long as it wants us.
        }
        loops.shutdownGracefully().sync();
    }

    private static final class Answer extends SimpleChannelInboundHandler<Object> {
        private final Map<String, byte[]> bodies;
        private String path = "";

        Answer(final Map<String, byte[]> bodies) {
            this.bodies = bodies;
        }

        @Override
        protected void channelRead0(final ChannelHandlerContext context, final Object message) {
            if (message instanceof HttpRequest request) {
                path = request.uri();
            }
            if (message instanceof LastHttpContent) {
                final byte[] body = bodies.get(path);
                final ByteBuf content = body == null ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body);
                final DefaultFullHttpResponse response = new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1,
                        body == null ? HttpResponseStatus.NOT_FOUND : HttpResponseStatus.OK,
                        content);
                response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
                response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, content.readableBytes());
                context.write(response);
            }
        }

        @Override
        public void channelReadComplete(final ChannelHandlerContext context) {
            context.flush();
        }

        @Override
        public void exceptionCaught(final ChannelHandlerContext context, final Throwable cause) {
            context.close();
        }
    }
}

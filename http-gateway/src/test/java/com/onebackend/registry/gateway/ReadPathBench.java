package com.onebackend.registry.gateway;

import com.onebackend.registry.model.Instance;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Compares discovery by slug with the least a Netty server can do for the same bytes, in turns in one JVM. Not a
 * test: run its main. Arguments: connections, requests sent ahead, seconds a turn.
 */
final class ReadPathBench {
    private ReadPathBench() {}

    public static void main(final String[] args) throws Exception {
        final int connections = args.length > 0 ? Integer.parseInt(args[0]) : 32;
        final int ahead = args.length > 1 ? Integer.parseInt(args[1]) : 1;
        final int seconds = args.length > 2 ? Integer.parseInt(args[2]) : 4;
        try (TestGateway gateway = new TestGateway()) {
            for (int i = 0; i < 3; i++) {
                final Instance instance = FakeRegistry.instance("inst_" + i, "user-svc", "http://10.0.0." + i + ":80");
                gateway.registry.put(instance);
            }
            final byte[] request = ("GET /registry-svc/instances?slug=user-svc HTTP/1.1\r\nHost: n1\r\n"
                            + "Authorization: Bearer " + gateway.admin() + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
            final byte[] answer;
            try (Socket socket = gateway.connect()) {
                socket.getOutputStream().write(request);
                answer = TestGateway.readAnswer(socket).getBytes(StandardCharsets.ISO_8859_1);
            }
            final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
            final int minimal = minimal(loops, answer);
            double sum = 0;
            for (int turn = 0; turn < 6; turn++) {
                final double least = measure(minimal, request, answer.length, connections, ahead, seconds);
                final double ours = measure(gateway.server.port(), request, answer.length, connections, ahead, seconds);
                System.out.printf(
                        "turn %d: minimal %.0f/s, gateway %.0f/s, ratio %.2f%n", turn, least, ours, ours / least);
                sum += turn < 2 ? 0 : ours / least;
            }
            System.out.printf("mean ratio of the last four turns: %.2f%n", sum / 4);
            loops.shutdownGracefully();
        }
    }

    private static int minimal(final EventLoopGroup loops, final byte[] answer) {
        final ByteBuf shared =
                Unpooled.unreleasableBuffer(Unpooled.directBuffer().writeBytes(answer));
        final Channel channel = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(final Channel accepted) {
                        accepted.pipeline().addLast(new HttpRequestDecoder(), new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(final ChannelHandlerContext context, final Object message) {
                                if (message instanceof LastHttpContent) {
                                    context.write(shared.duplicate(), context.voidPromise());
                                }
                            }

                            @Override
                            public void channelReadComplete(final ChannelHandlerContext context) {
                                context.flush();
                            }
                        });
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    private static double measure(
            final int port,
            final byte[] request,
            final int answerLength,
            final int connections,
            final int ahead,
            final int seconds)
            throws InterruptedException {
        final AtomicLong done = new AtomicLong();
        final long end = System.nanoTime() + seconds * 1_000_000_000L;
        final List<Thread> threads = new ArrayList<>();
        final byte[] batch =
                new String(request, StandardCharsets.US_ASCII).repeat(ahead).getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < connections; i++) {
            final Thread thread = new Thread(() -> {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    socket.setTcpNoDelay(true);
                    final InputStream in = socket.getInputStream();
                    while (System.nanoTime() < end) {
                        socket.getOutputStream().write(batch);
                        in.readNBytes(answerLength * ahead);
                        done.addAndGet(ahead);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (final Thread thread : threads) {
            thread.join();
        }
        return done.get() / (double) seconds;
    }
}

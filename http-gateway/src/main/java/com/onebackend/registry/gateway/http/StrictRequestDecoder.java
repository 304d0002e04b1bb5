package com.onebackend.registry.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Netty's request decoder without its leniencies: extra blanks in the request line, a folded header line, a line
 * that ends without CR, and a request with both Transfer-Encoding and Content-Length are errors, as two parsers
 * may read each of them differently.
 *
 * <p><i>Thread:</i> the connection's event loop.
 */
final class StrictRequestDecoder extends HttpRequestDecoder {
    private final Runnable bytesArrived;
    private boolean inHead = true;
    private boolean headStarted;
    private boolean failed;

    StrictRequestDecoder(final Runnable bytesArrived) {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(GatewayLimits.INITIAL_LINE_BYTES_MAX)
                .setMaxHeaderSize(GatewayLimits.HEADER_BYTES_MAX)
                .setMaxChunkSize(GatewayLimits.WRITE_CHUNK_BYTES)
                .setAllowDuplicateContentLengths(false)
                .setStrictLineParsing(true)
                .setUseRfc9112TransferEncoding(true)
                .setValidateHeaders(true));
        this.bytesArrived = bytesArrived;
    }

    @Override
    public void channelRead(final ChannelHandlerContext context, final Object message) throws Exception {
        bytesArrived.run();
        super.channelRead(context, message);
    }

    @Override
    protected void decode(final ChannelHandlerContext context, final ByteBuf in, final List<Object> out)
            throws Exception {
        if (failed) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (inHead && !hasStrictLines(in)) {
            failed = true;
            in.skipBytes(in.readableBytes());
            final HttpMessage invalid = createInvalidMessage();
            invalid.setDecoderResult(
                    DecoderResult.failure(new IllegalArgumentException("folded header line, or a line without CR")));
            out.add(invalid);
            return;
        }
        final int before = out.size();
        super.decode(context, in, out);
        for (int i = before; i < out.size(); i++) {
            final Object message = out.get(i);
            if (message instanceof LastHttpContent) {
                inHead = true;
            } else if (message instanceof HttpRequest) {
                inHead = false;
                headStarted = false;
            }
        }
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(final HttpMessage message) {
        throw new IllegalArgumentException("both Transfer-Encoding and Content-Length");
    }

    /** Looks at the complete lines of a head; each call of the decoder starts at the start of a line. */
    private boolean hasStrictLines(final ByteBuf in) {
        final int end = in.writerIndex();
        int lineStart = in.readerIndex();
        while (lineStart < end) {
            final byte first = in.getByte(lineStart);
            if (first == ' ' || first == '\t') {
                return false;
            }
            final int lineFeed = in.indexOf(lineStart, end, (byte) '\n');
            if (lineFeed < 0) {
                return true;
            }
            if (lineFeed == lineStart || in.getByte(lineFeed - 1) != '\r') {
                return false;
            }
            final boolean isBlank = lineFeed == lineStart + 1;
            if (isBlank && headStarted) {
                return true;
            }
            if (!isBlank && !headStarted) {
                if (!isRequestLine(in, lineStart, lineFeed - 1)) {
                    return false;
                }
                headStarted = true;
            }
            lineStart = lineFeed + 1;
        }
        return true;
    }

    /** Three words with one blank between them, the last one in capitals. */
    private static boolean isRequestLine(final ByteBuf in, final int start, final int end) {
        int blanks = 0;
        int lastBlank = start;
        for (int at = start; at < end; at++) {
            final byte c = in.getByte(at);
            if (c == ' ') {
                blanks++;
                lastBlank = at;
            } else if (c == '\t') {
                return false;
            }
        }
        return blanks == 2 && lastBlank + 1 < end && in.getByte(lastBlank + 1) == 'H';
    }
}

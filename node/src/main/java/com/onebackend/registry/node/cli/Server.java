package com.onebackend.registry.node.cli;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.URL;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLException;

/**
 * One node's HTTP door, called once per request without keeping anything. Every failure is a {@link CliException} whose
 * text says what happened and what to do.
 */
final class Server {
    private static final int CONNECT_MILLIS_MAX = 5_000;
    private static final int READ_MILLIS_MAX = 30_000;
    /** For what a node prepares for minutes. */
    private static final int LONG_MILLIS_MAX = 660_000;

    private static final long ANSWER_BYTES_MAX = 64L << 20;
    private static final int ERROR_BYTES_MAX = 64 << 10;
    private static final int ERROR_CHARS_MAX = 1_000;
    private static final String JSON = "application/json";

    static {
        // The JDK would send a POST a second time when the connection ends without an answer.
        System.setProperty("sun.net.http.retryPost", "false");
        // And it would reuse a connection that the server is about to close, which loses the next request.
        System.setProperty("http.keepAlive", "false");
    }

    private final Target target;

    Server(final Target target) {
        this.target = target;
    }

    /** Takes an answer of status 2xx. */
    interface Reader<T> {
        /** An IOException that comes from {@code body} is told as a broken connection, bad JSON as such. */
        T read(InputStream body, String contentType) throws IOException;
    }

    /** The server's URL. */
    String url() {
        return target.url();
    }

    /**
     * Headers that tell who asks, and which requests are the same.
     *
     * @param authorization empty sends none
     * @param key empty sends none
     */
    private record Marks(String authorization, String key) {
        @Override
        public String toString() {
            return "Marks[]";
        }
    }

    /**
     * Sends a request.
     *
     * @param path the request target behind the server's URL, escaped
     * @param body sent as JSON; null sends none
     */
    <T> T call(final String method, final String path, final Object body, final Reader<T> reader) {
        return call(method, path, body, "", reader);
    }

    /**
     * Sends a request.
     *
     * @param key tells the server that a request with the same key is the same one; empty sends none
     */
    <T> T call(final String method, final String path, final Object body, final String key, final Reader<T> reader) {
        return call(method, path, json(body), marks(key), READ_MILLIS_MAX, ANSWER_BYTES_MAX, reader);
    }

    /** The same with an Authorization header of its own; empty sends none. */
    <T> T callAs(
            final String authorization,
            final String method,
            final String path,
            final Object body,
            final Reader<T> reader) {
        return call(method, path, json(body), new Marks(authorization, ""), READ_MILLIS_MAX, ANSWER_BYTES_MAX, reader);
    }

    /** Takes bytes. */
    interface Download<T> {
        T read(InputStream body) throws IOException;
    }

    /** Reads an answer of any size, which may be long in the making. */
    <T> T download(final String path, final Download<T> reader) {
        return call("GET", path, null, marks(""), LONG_MILLIS_MAX, Long.MAX_VALUE, (in, type) -> reader.read(in));
    }

    /** Sends bytes; the answer may be long in the making. */
    <T> T upload(final String path, final byte[] body, final Reader<T> reader) {
        return call("POST", path, body, marks(""), LONG_MILLIS_MAX, ANSWER_BYTES_MAX, reader);
    }

    private Marks marks(final String key) {
        final String token = target.token();
        return new Marks(token.isEmpty() ? "" : "Bearer " + checked(token), key);
    }

    private static byte[] json(final Object body) {
        return body == null ? null : Json.bytes(body);
    }

    private <T> T call(
            final String method,
            final String path,
            final byte[] body,
            final Marks marks,
            final int readMillisMax,
            final long answerBytesMax,
            final Reader<T> reader) {
        final HttpURLConnection connection = connect(method, path, body != null, marks);
        connection.setReadTimeout(readMillisMax);
        try {
            final int status = send(connection, body);
            if (status >= 300) {
                throw refusal(connection, status, !marks.authorization().startsWith("ClusterSecret "));
            }
            try (InputStream answer = new Limited(connection.getInputStream(), answerBytesMax)) {
                return reader.read(
                        answer, String.valueOf(connection.getContentType()).toLowerCase(Locale.ROOT));
            }
        } catch (JsonProcessingException e) {
            throw CliException.failure(target.url() + " answered with broken JSON: " + Table.printable(parseReason(e)));
        } catch (SocketTimeoutException e) {
            throw CliException.failure(
                    target.url() + " gave no answer within " + readMillisMax / 1000 + " s" + uncertain(method));
        } catch (IOException e) {
            throw CliException.failure(
                    "the connection to " + target.url() + " broke: " + e.getMessage() + uncertain(method));
        } finally {
            connection.disconnect();
        }
    }

    /** Sends a request and ignores what a good answer says. */
    void call(final String method, final String path, final Object body) {
        call(method, path, body, (answer, contentType) -> null);
    }

    private HttpURLConnection connect(
            final String method, final String path, final boolean withBody, final Marks marks) {
        try {
            final HttpURLConnection connection = (HttpURLConnection) new URL(target.url() + path).openConnection();
            connection.setConnectTimeout(CONNECT_MILLIS_MAX);
            connection.setReadTimeout(READ_MILLIS_MAX);
            connection.setInstanceFollowRedirects(false);
            connection.setUseCaches(false);
            connection.setRequestMethod(method);
            connection.setRequestProperty("Accept", JSON + ", */*;q=0.5");
            connection.setRequestProperty("User-Agent", "oo");
            if (!marks.authorization().isEmpty()) {
                connection.setRequestProperty("Authorization", marks.authorization());
            }
            if (!marks.key().isEmpty()) {
                connection.setRequestProperty("Idempotency-Key", marks.key());
            }
            if (withBody) {
                connection.setDoOutput(true);
                connection.setRequestProperty("Content-Type", JSON);
            }
            connection.connect();
            return connection;
        } catch (IOException e) {
            throw CliException.failure("cannot reach " + target.url() + ": " + reason(e));
        }
    }

    /** A header may hold visible characters only; the text itself is never shown. */
    private static String checked(final String token) {
        if (!token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw CliException.failure("the token holds blanks or other characters that no token has; log in again");
        }
        return token;
    }

    private static int send(final HttpURLConnection connection, final byte[] body) throws IOException {
        if (body != null) {
            try (OutputStream out = connection.getOutputStream()) {
                out.write(body);
            }
        }
        final int status = connection.getResponseCode();
        if (status < 0) {
            throw new IOException("the answer is not HTTP");
        }
        return status;
    }

    private static CliException refusal(final HttpURLConnection connection, final int status, final boolean byAccount)
            throws IOException {
        final String suffix = " (HTTP " + status + ")";
        if (status < 400) {
            final String location = String.valueOf(connection.getHeaderField("Location"));
            return CliException.failure(
                    "the server redirects to " + Table.printable(location) + "; use that address" + suffix);
        }
        final String hint = byAccount && status == HttpURLConnection.HTTP_UNAUTHORIZED
                ? "\n  log in with: oo login SLUG, or set " + Target.TOKEN
                : "";
        final String body;
        try (InputStream in = connection.getErrorStream()) {
            body = in == null ? "" : new String(in.readNBytes(ERROR_BYTES_MAX), StandardCharsets.UTF_8).strip();
        }
        final Map<String, Object> told = told(body);
        final String text = message(told, body, connection.getResponseMessage()) + suffix + hint;
        // Only our server says whether it happened; what a proxy in front of it answers is final.
        return status == HttpURLConnection.HTTP_UNAVAILABLE && told.containsKey("happened")
                ? CliException.passing(text)
                : CliException.failure(text);
    }

    private static Map<String, Object> told(final String body) {
        try {
            return Json.object(body.startsWith("{") ? Json.parse(body) : Map.of());
        } catch (JsonParseException e) {
            return Map.of(); // not our server
        }
    }

    private static String message(final Map<String, Object> told, final String body, final String reasonPhrase) {
        final Object error = told.get("error");
        String message = error == null ? body.lines().findFirst().orElse("") : error.toString();
        if (message.isBlank()) {
            message = reasonPhrase;
        }
        final String shown = message == null || message.isBlank() ? "the server gave no reason" : message;
        return Table.printable(shown.length() > ERROR_CHARS_MAX ? shown.substring(0, ERROR_CHARS_MAX) : shown);
    }

    private String reason(final IOException e) {
        final String check = "\n  is the node running there? another server: " + Target.SERVER_URL
                + "=http://HOST:PORT, or oo env select NAME";
        if (e instanceof UnknownHostException) {
            return "unknown host" + check;
        }
        if (e instanceof SocketTimeoutException) {
            return "no connection within " + CONNECT_MILLIS_MAX / 1000 + " s" + check;
        }
        if (e instanceof NoRouteToHostException) {
            return "no route to the host" + check;
        }
        if (e instanceof ConnectException) {
            return "refused" + check;
        }
        if (e instanceof SSLException) {
            return "TLS failed: " + e.getMessage() + "\n  does the server speak https, and is its certificate trusted?";
        }
        return e.getMessage() + check;
    }

    private static String uncertain(final String method) {
        return method.equals("GET") ? "" : "\n  it may have happened all the same: look before you repeat it";
    }

    private static String parseReason(final JsonProcessingException e) {
        return e.getOriginalMessage();
    }

    /** Ends an answer that is larger than any of ours. */
    private static final class Limited extends FilterInputStream {
        private long left;

        Limited(final InputStream in, final long bytesMax) {
            super(in);
            left = bytesMax;
        }

        @Override
        public int read() throws IOException {
            final int next = super.read();
            count(next < 0 ? 0 : 1);
            return next;
        }

        @Override
        public int read(final byte[] to, final int offset, final int length) throws IOException {
            final int count = super.read(to, offset, length);
            count(count);
            return count;
        }

        private void count(final int bytes) {
            left -= Math.max(0, bytes);
            if (left < 0) {
                throw CliException.failure(
                        "the answer is larger than " + (ANSWER_BYTES_MAX >> 20) + " MiB; ask for less");
            }
        }
    }
}

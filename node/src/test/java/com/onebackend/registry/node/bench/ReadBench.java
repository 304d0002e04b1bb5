package com.onebackend.registry.node.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * Discovery reads beside a minimal Netty server that returns the same bytes: 10,000 instances in 1,000 services, one random
 * service of ten per request, keep-alive, 32 connections, both servers in one run, in turns.
 */
final class ReadBench {
    private static final int SERVICES = 1_000;
    private static final int INSTANCES_PER_SERVICE = 10;
    private static final int CONNECTIONS = 32;
    private static final int ROUNDS = 5;
    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(8);
    private static final String PASSWORD = "bench-only-password-of-this-run";
    private static final ObjectMapper JSON = new ObjectMapper();

    private ReadBench() {}

    public static void main(final String[] args) throws Exception {
        final Path distribution = Path.of(args[0]);
        final long roundNanos = TimeUnit.SECONDS.toNanos(args.length > 1 ? Long.parseLong(args[1]) : 5);
        final Path folder = Files.createTempDirectory("registry-bench");
        final int port = freePort();
        Process registry = null;
        Process minimal = null;
        try {
            registry = startRegistry(distribution, folder, port);
            awaitReady(port, registry, folder);
            final String token = login(port);
            register(port, token);
            final byte[][] requests = requests(token);
            minimal = startMinimal(port, token);
            final int minimalPort = Integer.parseInt(
                    new BufferedReader(new InputStreamReader(minimal.getInputStream(), StandardCharsets.UTF_8))
                            .readLine());
            compare(requests, port, registry.pid(), minimalPort, minimal.pid(), roundNanos);
        } finally {
            stop(minimal);
            stop(registry);
            delete(folder);
        }
    }

    private static void compare(
            final byte[][] requests,
            final int port,
            final long pid,
            final int minimalPort,
            final long minimalPid,
            final long roundNanos)
            throws IOException {
        System.err.println("Warming up both servers ...");
        measure(requests, port, pid, WARM_UP_NANOS);
        measure(requests, minimalPort, minimalPid, WARM_UP_NANOS);
        final List<Figures> ours = new ArrayList<>();
        final List<Figures> yardstick = new ArrayList<>();
        for (int round = 1; round <= ROUNDS; round++) {
            System.err.println("Round " + round + " of " + ROUNDS + " ...");
            ours.add(measure(requests, port, pid, roundNanos));
            yardstick.add(measure(requests, minimalPort, minimalPid, roundNanos));
        }
        final Figures registry = median(ours);
        final Figures minimal = median(yardstick);
        System.out.printf("%-28s %14s %22s%n", "", "requests/s", "server CPU us/request");
        System.out.printf("%-28s %,14.0f %22.1f%n", "registry", registry.perSecond, registry.cpuMicros);
        System.out.printf("%-28s %,14.0f %22.1f%n", "minimal Netty server", minimal.perSecond, minimal.cpuMicros);
        System.out.printf(
                "%-28s %14.2f %22.2f%n",
                "registry / minimal", registry.perSecond / minimal.perSecond, registry.cpuMicros / minimal.cpuMicros);
        System.out.printf(
                "%n%,d instances in %,d services, %d connections, medians of %d rounds in turns%n",
                SERVICES * INSTANCES_PER_SERVICE, SERVICES, CONNECTIONS, ROUNDS);
    }

    private record Figures(double perSecond, double cpuMicros) {}

    private static Figures median(final List<Figures> all) {
        final List<Figures> sorted = new ArrayList<>(all);
        sorted.sort(Comparator.comparingDouble(Figures::perSecond));
        return sorted.get(sorted.size() / 2);
    }

    private static Figures measure(final byte[][] requests, final int port, final long pid, final long nanos)
            throws IOException {
        final Random random = new Random(42);
        final IntFunction<byte[]> next = n -> requests[random.nextInt(requests.length)];
        final long cpuBefore = cpuTicks(pid);
        final long start = System.nanoTime();
        final long answered = new LoadClient(port, CONNECTIONS).run(next, nanos, Integer.MAX_VALUE);
        final double seconds = (System.nanoTime() - start) / 1e9;
        final double cpuSeconds = (cpuTicks(pid) - cpuBefore) / 100.0;
        return new Figures(answered / seconds, cpuSeconds * 1e6 / answered);
    }

    /** User and system time of a process, in hundredths of a second. */
    private static long cpuTicks(final long pid) throws IOException {
        final String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        final String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    private static Process startRegistry(final Path distribution, final Path folder, final int port)
            throws IOException {
        final ProcessBuilder builder = new ProcessBuilder(
                        distribution.resolve("bin/registry").toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("OB_"));
        builder.environment()
                .putAll(Map.of(
                        "OB_SELF_URL",
                        "http://127.0.0.1:" + port,
                        "OB_NODE_ID",
                        "bench",
                        "OB_FOLDER",
                        folder.resolve("data").toString(),
                        "OB_ADMIN_PASSWORD",
                        PASSWORD));
        return builder.start();
    }

    private static void awaitReady(final int port, final Process registry, final Path folder)
            throws IOException, InterruptedException {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < deadline && registry.isAlive()) {
            try {
                final HttpURLConnection connection = open(port, "/health/ready");
                if (connection.getResponseCode() == 200) {
                    return;
                }
            } catch (final IOException notYet) {
                // Not listening yet: asked again below.
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        throw new IOException("the registry did not become ready:\n" + Files.readString(folder.resolve("log")));
    }

    private static String login(final int port) throws IOException {
        final HttpURLConnection connection = open(port, "/user-svc/login");
        connection.setRequestMethod("POST");
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setDoOutput(true);
        connection
                .getOutputStream()
                .write(("{\"slug\":\"1backend\",\"password\":\"" + PASSWORD + "\"}").getBytes(StandardCharsets.UTF_8));
        return JSON.readTree(connection.getInputStream()).at("/token/token").asText();
    }

    private static void register(final int port, final String token) throws IOException {
        final int count = SERVICES * INSTANCES_PER_SERVICE;
        System.err.printf("Registering %,d instances ...%n", count);
        final long start = System.nanoTime();
        final long done = new LoadClient(port, CONNECTIONS)
                .run(n -> put(token, n % SERVICES, n / SERVICES), TimeUnit.MINUTES.toNanos(5), count);
        System.err.printf(
                "%,d registrations/s, each on disk%n", Math.round(done / ((System.nanoTime() - start) / 1e9)));
    }

    private static byte[] put(final String token, final int service, final int number) {
        final String body =
                "{\"slug\":\"" + slug(service) + "\",\"url\":\"http://198.18." + service / 250 + "." + service % 250
                        + ":" + (8_000 + number) + "/v1\",\"status\":\"Healthy\",\"tags\":[\"bench\",\"blue\"]}";
        return ("PUT /registry-svc/instance HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + token
                        + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[][] requests(final String token) {
        final byte[][] requests = new byte[SERVICES][];
        for (int service = 0; service < SERVICES; service++) {
            requests[service] = ("GET " + path(service) + " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + token
                            + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
        }
        return requests;
    }

    private static String slug(final int service) {
        return "service-" + service;
    }

    private static String path(final int service) {
        return "/registry-svc/instances?slug=" + slug(service);
    }

    /** Starts the yardstick with the very bytes the registry answers. */
    private static Process startMinimal(final int port, final String token) throws IOException {
        final Process minimal = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Xmx512m",
                        "-XX:+UseSerialGC",
                        "-Dio.netty.allocator.type=pooled",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MinimalServer.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        final DataOutputStream out = new DataOutputStream(minimal.getOutputStream());
        out.writeInt(SERVICES);
        for (int service = 0; service < SERVICES; service++) {
            final HttpURLConnection connection = open(port, path(service));
            connection.setRequestProperty("Authorization", "Bearer " + token);
            final byte[] body = connection.getInputStream().readAllBytes();
            if (JSON.readTree(body).path("instances").size() != INSTANCES_PER_SERVICE) {
                throw new IOException(path(service) + " does not list " + INSTANCES_PER_SERVICE + " instances");
            }
            out.writeUTF(path(service));
            out.writeInt(body.length);
            out.write(body);
        }
        out.flush();
        return minimal;
    }

    private static HttpURLConnection open(final int port, final String path) throws IOException {
        final HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
        connection.setConnectTimeout(2_000);
        connection.setReadTimeout(10_000);
        return connection;
    }

    private static int freePort() throws IOException {
        // The gossip and Raft ports follow the HTTP port: all three must be free.
        for (int port = 21_337; port < 29_000; port += 10) {
            try (ServerSocket http = new ServerSocket(port);
                    ServerSocket gossip = new ServerSocket(port + 1);
                    ServerSocket raft = new ServerSocket(port + 2)) {
                return port;
            } catch (final IOException taken) {
                // Somebody listens there: the next ten.
            }
        }
        throw new IOException("no three free ports in a row");
    }

    private static void stop(final Process process) throws InterruptedException {
        if (process != null) {
            process.destroy();
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        }
    }

    private static void delete(final Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

package com.onebackend.registry.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Real nodes in real processes, from the distribution that was just built. Node N is 1-based. */
final class ProcessCluster implements AutoCloseable {
    static final String PASSWORD = "an-admin-password-for-tests";
    static final ObjectMapper JSON = new ObjectMapper();

    private static final int SECRET_BYTES = 32;
    private static final int PORT_TENS = 400;
    /** Test classes that run at the same time have ports of their own: a node that is down must find its own free. */
    private static final int PORT_FIRST = 24_000 + 10 * PORT_TENS * (Integer.getInteger("registry.fork", 1) % 2);

    private static final Path DISTRIBUTION = Path.of(System.getProperty("registry.distribution", "target/registry"));
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(15);
    private static final Duration LOGIN = Duration.ofSeconds(30);

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final String secret = randomSecret();
    private final Path folder;
    private final List<Site> sites;
    private final Map<Integer, Process> processes = new HashMap<>();
    private volatile String token = "";

    /** On loopback. */
    ProcessCluster(final Path folder, final int nodes) throws IOException {
        this(folder, loopback(nodes));
    }

    ProcessCluster(final Path folder, final List<Site> sites) {
        this.folder = folder;
        this.sites = List.copyOf(sites);
    }

    /**
     * Where a node runs.
     *
     * @param command put before the node's own; empty to run it here
     */
    record Site(String host, int port, List<String> command) {}

    /** An answer: status and body. */
    record Answer(int status, String body) {
        JsonNode json() {
            try {
                return JSON.readTree(body);
            } catch (final IOException e) {
                throw new UncheckedIOException("not JSON: " + body, e);
            }
        }
    }

    /** The folder that was just built: {@code bin/registry}, {@code bin/oo}. */
    static Path distribution() {
        return DISTRIBUTION.toAbsolutePath();
    }

    String url(final int n) {
        return "http://" + sites.get(n - 1).host() + ":" + sites.get(n - 1).port();
    }

    Path data(final int n) {
        return folder.resolve("node-" + n).resolve("data");
    }

    int size() {
        return sites.size();
    }

    void start(final int n) throws IOException {
        start(n, environment(n));
    }

    Map<String, String> environment(final int n) {
        return environment(n, size());
    }

    /** As {@link #environment(int)}, with the first {@code peers} nodes as its peers. */
    Map<String, String> environment(final int n, final int peers) {
        try {
            return environment(n, peers, SharedClasses.options());
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As {@link #environment(int, int)}, in a JVM with these options. */
    Map<String, String> environment(final int n, final int peers, final String javaOptions) {
        final List<String> urls = new ArrayList<>();
        for (int peer = 1; peer <= peers; peer++) {
            urls.add(url(peer));
        }
        final Map<String, String> environment = new HashMap<>();
        environment.put("OB_SELF_URL", url(n));
        environment.put("OB_NODE_ID", "node-" + n);
        environment.put("OB_REGION", "local");
        environment.put("OB_AVAILABILITY_ZONE", "local-" + n);
        environment.put("OB_PEERS", String.join(",", urls));
        environment.put("OB_FOLDER", data(n).toString());
        environment.put("OB_CLUSTER_SECRET", secret);
        environment.put("OB_ADMIN_PASSWORD", PASSWORD);
        environment.put("JAVA_OPTS", javaOptions);
        return environment;
    }

    Process start(final int n, final Map<String, String> environment) throws IOException {
        final Path home = Files.createDirectories(folder.resolve("node-" + n));
        final List<String> command = new ArrayList<>(sites.get(n - 1).command());
        command.add(DISTRIBUTION.resolve("bin/registry").toAbsolutePath().toString());
        final ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log(n).toFile()))
                .directory(home.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("OB_"));
        builder.environment().putAll(environment);
        final Process process = builder.start();
        processes.put(n, process);
        return process;
    }

    Path log(final int n) {
        return folder.resolve("node-" + n).resolve("log");
    }

    /** kill -9. */
    void kill(final int n) throws InterruptedException {
        processes.get(n).destroyForcibly().waitFor();
    }

    /** SIGSTOP: the node does nothing, and does not know it. */
    void pause(final int n) throws IOException, InterruptedException {
        signal(n, "STOP");
    }

    /** SIGCONT. */
    void resume(final int n) throws IOException, InterruptedException {
        signal(n, "CONT");
    }

    private void signal(final int n, final String signal) throws IOException, InterruptedException {
        final long pid = processes.get(n).pid();
        final Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start();
        if (kill.waitFor() != 0) {
            throw new IllegalStateException("node " + n + " (pid " + pid + ") cannot be sent " + signal);
        }
    }

    /** Started, and not ended since. */
    boolean isRunning(final int n) {
        return processes.containsKey(n) && processes.get(n).isAlive();
    }

    long pid(final int n) {
        return processes.get(n).pid();
    }

    boolean processIsAlive(final int n) {
        return processes.get(n).isAlive();
    }

    /** What node {@code n} believes of the others and itself: state by node id; empty when it does not answer. */
    Map<String, String> states(final int n) {
        final Map<String, String> states = new TreeMap<>();
        try {
            get(n, "/registry-svc/cluster")
                    .json()
                    .path("members")
                    .forEach(member -> states.put(
                            member.path("id").asText(), member.path("state").asText()));
        } catch (final UncheckedIOException e) {
            return Map.of();
        }
        return states;
    }

    /** The figures a node shows whose name, with its labels, begins so; by that name. */
    Map<String, Double> metrics(final int n, final String prefix) {
        final Answer page = get(n, "/metrics");
        if (page.status() != 200) {
            // Without this, a node that shows no figures looks like one where nothing happens.
            throw new IllegalStateException("node " + n + " shows no figures: " + page);
        }
        final Map<String, Double> figures = new TreeMap<>();
        page.body()
                .lines()
                .filter(line -> line.startsWith(prefix))
                .forEach(line -> figures.put(
                        line.substring(0, line.lastIndexOf(' ')),
                        Double.valueOf(line.substring(line.lastIndexOf(' ') + 1))));
        return figures;
    }

    /** The one count a node shows under exactly this name, labels included. */
    long count(final int n, final String name) {
        final Double figure = metrics(n, name).get(name);
        if (figure == null || !Double.isFinite(figure)) {
            throw new IllegalStateException("node " + n + " shows no " + name);
        }
        return figure.longValue();
    }

    /** How often node {@code n} has believed, since it started, that a member, itself included, is dead. */
    long deathVerdicts(final int n) {
        return count(n, "registry_members_transitions_total{state=\"dead\"}");
    }

    /** SIGTERM; returns the exit status. */
    int stop(final int n) throws InterruptedException {
        final Process process = processes.get(n);
        process.destroy();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("node " + n + " did not stop within 30 s");
        }
        return process.exitValue();
    }

    /** Waits until the process ends by itself; returns the exit status. */
    int awaitEnd(final int n, final Duration atMost) throws InterruptedException {
        if (!processes.get(n).waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("node " + n + " is still running:\n" + logTail(n));
        }
        return processes.get(n).exitValue();
    }

    /** The administrator's, since the last login. */
    String token() {
        return token;
    }

    boolean isReady(final int n) {
        if (!processes.get(n).isAlive()) {
            throw new IllegalStateException("node " + n + " ended:\n" + logTail(n));
        }
        try {
            return send(n, "GET", "/health/ready", null, "").status() == 200;
        } catch (final UncheckedIOException e) {
            return false;
        }
    }

    String logTail(final int n) {
        try {
            final List<String> lines = Files.readAllLines(log(n));
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
        } catch (final IOException e) {
            return "no log: " + e.getMessage();
        }
    }

    /** Until it is done: without a token every later answer is a refusal, which looks like a node that is away. */
    void login() {
        login(PASSWORD);
    }

    /** As {@link #login()}, with another password. */
    void login(final String password) {
        final String body = "{\"slug\":\"1backend\",\"password\":\"" + password + "\"}";
        await().atMost(LOGIN).untilAsserted(() -> {
            final Answer answer = send(1, "POST", "/user-svc/login", body, "");
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            token = answer.json().at("/token/token").asText();
        });
    }

    /** Removes a node's data; for one that does not run. */
    void wipe(final int n) throws IOException {
        delete(data(n));
    }

    /** With all that is in it. */
    static void delete(final Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    Answer get(final int n, final String path) {
        return send(n, "GET", path, null, token);
    }

    Answer put(final int n, final String path, final String body) {
        return send(n, "PUT", path, body, token);
    }

    Answer post(final int n, final String path, final String body) {
        return send(n, "POST", path, body, token);
    }

    Answer delete(final int n, final String path) {
        return send(n, "DELETE", path, null, token);
    }

    /** With the token, further header lines, names and values in turn, and the whole answer. */
    HttpResponse<String> exchange(
            final int n, final String method, final String path, final String body, final String... headers) {
        final HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url(n) + path))
                .timeout(REQUEST_TIMEOUT)
                .header("Authorization", "Bearer " + token)
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    Answer send(final int n, final String method, final String path, final String body, final String bearer) {
        final HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url(n) + path))
                .timeout(REQUEST_TIMEOUT)
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (!bearer.isEmpty()) {
            request.header("Authorization", "Bearer " + bearer);
        }
        try {
            final HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.body());
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        for (final Process process : processes.values()) {
            process.destroyForcibly().waitFor();
        }
    }

    private static List<Site> loopback(final int nodes) throws IOException {
        final List<Site> sites = new ArrayList<>();
        final List<Integer> taken = new ArrayList<>();
        for (int n = 1; n <= nodes; n++) {
            final int port = freePort(taken);
            taken.add(port);
            sites.add(new Site("127.0.0.1", port, List.of()));
        }
        return sites;
    }

    private static String randomSecret() {
        final byte[] bytes = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** A port whose two successors are free as well: gossip and Raft listen there. */
    private static int freePort(final List<Integer> taken) throws IOException {
        // Not all from the same one: whoever else looks at this moment would find the same ports free.
        final int start = new SecureRandom().nextInt(PORT_TENS);
        for (int ten = 0; ten < PORT_TENS; ten++) {
            final int port = PORT_FIRST + 10 * ((start + ten) % PORT_TENS);
            if (taken.contains(port)) {
                continue;
            }
            try (ServerSocket http = new ServerSocket(port);
                    ServerSocket gossip = new ServerSocket(port + 1);
                    ServerSocket raft = new ServerSocket(port + 2)) {
                return port;
            } catch (final IOException inUse) {
                // Somebody listens there: the next ten.
            }
        }
        throw new IOException("no three free ports in a row");
    }
}

package com.onebackend.registry.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.node.backup.BackupHeader;
import com.onebackend.registry.node.backup.BackupWriter;
import com.onebackend.registry.node.cli.CommandLineFixture.Outcome;
import com.onebackend.registry.storage.Applied;
import com.onebackend.registry.storage.CatalogSection;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code oo cluster backup} and {@code restore} make of servers, files and pipes that fail. */
class BackupCommandsTest {
    private static final String DONE = "{\"taken\":0}";
    private static final String NOT_NOW = "{\"error\":\"no majority\",\"happened\":\"no\"}";

    @TempDir
    Path home;

    private final ExecutorService requests = Executors.newCachedThreadPool();
    private HttpServer http;
    private CommandLineFixture oo;
    private volatile byte[] backup;
    private volatile Runnable beforeAnswer = () -> {};
    private final List<String> steps = new CopyOnWriteArrayList<>();
    private final Deque<String> refusals = new ArrayDeque<>();
    private int refusalStatus = 503;

    @BeforeEach
    void start() throws IOException {
        backup = backup();
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/registry-svc/cluster/backup", this::backup);
        http.createContext("/registry-svc/cluster/restore", this::step);
        http.setExecutor(requests);
        http.start();
        oo = new CommandLineFixture(home);
        oo.env.put("OB_SERVER_URL", "http://127.0.0.1:" + http.getAddress().getPort());
        oo.env.put("OB_TOKEN", "token");
    }

    @AfterEach
    void stop() {
        http.stop(0);
        requests.shutdownNow();
    }

    @Test
    void backupAppearsWholeAndAlone() throws IOException {
        assertThat(oo.run("cluster", "backup", "one.backup").exitCode()).isZero();
        assertThat(Files.readAllBytes(home.resolve("one.backup"))).isEqualTo(backup);
        assertThat(files()).containsExactly("one.backup");
    }

    @Test
    void fileThatCameIntoBeingMeanwhileIsKept() throws IOException {
        beforeAnswer = () -> write(home.resolve("one.backup"), "another's");
        final Outcome outcome = oo.run("cluster", "backup", "one.backup");
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err()).contains("has come into being");
        assertThat(home.resolve("one.backup")).hasContent("another's");
        assertThat(files()).containsExactly("one.backup");
        assertThat(oo.run("cluster", "backup", "one.backup", "--force").exitCode())
                .isZero();
        assertThat(Files.readAllBytes(home.resolve("one.backup"))).isEqualTo(backup);
    }

    @Test
    void backupsIntoOneFileAtATimeDoNotMix() throws IOException {
        // The second one begins and ends while the first is under way.
        beforeAnswer = () -> {
            beforeAnswer = () -> {};
            assertThat(files()).as("the first is under way").hasSize(1);
            assertThat(oo.run("cluster", "backup", "one.backup").exitCode()).isZero();
        };
        assertThat(oo.run("cluster", "backup", "one.backup", "--force").exitCode())
                .isZero();
        assertThat(Files.readAllBytes(home.resolve("one.backup"))).isEqualTo(backup);
        assertThat(files()).containsExactly("one.backup");
    }

    @Test
    void backupThatIsCutOffOrDamagedLeavesNothing() throws IOException {
        final byte[] good = backup;
        for (final byte[] bad : List.of(
                Arrays.copyOf(good, good.length - 1),
                Arrays.copyOf(good, good.length + 1),
                "{\"not\":\"a backup\"}".getBytes(StandardCharsets.UTF_8),
                new byte[0])) {
            backup = bad;
            assertThat(oo.run("cluster", "backup", "one.backup").exitCode()).isEqualTo(1);
            assertThat(files()).isEmpty();
        }
    }

    @Test
    void backupIsNotWrittenOverAFolder() throws IOException {
        final Path folder = Files.createDirectory(home.resolve("backups"));
        final Outcome outcome = oo.run("cluster", "backup", "backups", "--force");
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err()).contains("is a folder");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void standardOutputThatTakesNothingIsAFailure() {
        final OutputStream full = new OutputStream() {
            @Override
            public void write(final int one) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final Shell shell = new Shell(
                oo.env,
                home,
                home,
                new ByteArrayInputStream(new byte[0]),
                new PrintStream(full, false, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                null,
                Clock.systemUTC());
        assertThat(Oo.run(shell, new String[] {"cluster", "backup", "-"})).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("is no backup");
    }

    @Test
    void stepThatCouldNotBeTakenNowIsSentAgain() {
        write(home.resolve("one.backup"), backup);
        refusals.addAll(List.of("begin", "rows", "end"));
        final Outcome outcome = oo.run("cluster", "restore", "one.backup", "--yes");
        assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        assertThat(outcome.err()).contains("no majority", "sending it again", "restored 1 rows");
        assertThat(steps).containsExactly("begin", "begin", "rows", "rows", "end", "end");
    }

    @Test
    void restoreThatBreaksOffSaysThatItIsRepeated() {
        write(home.resolve("one.backup"), backup);
        refusalStatus = 400;
        refusals.add("rows");
        final Outcome outcome = oo.run("cluster", "restore", "one.backup", "--yes");
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err()).contains("begun and not ended", "repeat it with the same file");
        assertThat(steps).containsExactly("begin", "rows");
    }

    @Test
    void restoreOfWhatIsNoBackupSendsNothing() {
        write(home.resolve("cut"), Arrays.copyOf(backup, backup.length / 2));
        write(home.resolve("text"), "hello");
        write(home.resolve("empty"), "");
        for (final String file : List.of("cut", "text", "empty", "none", ".")) {
            final Outcome outcome = oo.run("cluster", "restore", file, "--yes");
            assertThat(outcome.exitCode()).as(file).isEqualTo(1);
            assertThat(outcome.err()).contains("cannot restore");
        }
        assertThat(steps).isEmpty();
    }

    private void backup(final HttpExchange exchange) throws IOException {
        beforeAnswer.run();
        answer(exchange, 200, backup);
    }

    private void step(final HttpExchange exchange) throws IOException {
        exchange.getRequestBody().readAllBytes();
        final String query = exchange.getRequestURI().getQuery();
        final String step = query.substring(query.lastIndexOf('=') + 1);
        steps.add(step);
        if (step.equals(refusals.peek())) {
            refusals.poll();
            answer(exchange, refusalStatus, NOT_NOW.getBytes(StandardCharsets.UTF_8));
        } else {
            answer(exchange, 200, (step.equals("rows") ? "{\"taken\":1}" : DONE).getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void answer(final HttpExchange exchange, final int status, final byte[] body) throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.getResponseHeaders().set("Connection", "close");
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    private static byte[] backup() throws IOException {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final BackupWriter writer = new BackupWriter(out, new BackupHeader("c", "n", 0, 1_000, true, 0));
        writer.row(CatalogSection.DEFINITION, "web", new byte[100_000]);
        writer.finish(new Applied(7, 1));
        return out.toByteArray();
    }

    private static void write(final Path file, final String text) {
        write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void write(final Path file, final byte[] bytes) {
        try {
            Files.write(file, bytes);
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    private List<String> files() {
        try (Stream<Path> all = Files.list(home)) {
            return all.filter(Files::isRegularFile)
                    .map(path -> path.getFileName().toString())
                    .toList();
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }
}

package com.onebackend.registry.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.node.cli.CommandLineFixture.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Revisions of definitions on the command line, and changes that are sent again. */
class DefinitionRevisionsTest {
    private static final String SAVE = "/registry-svc/definition";
    private static final String ONE = "/registry-svc/definition/web";
    private static final String NOT_NOW = "{\"error\":\"no majority\",\"happened\":\"no\"}";
    private static final String UNKNOWN = "{\"error\":\"no answer in time\",\"happened\":\"unknown\"}";
    private static final String HISTORY = """
            {"id":"web","revisions":[
              {"revision":3,"at":"2026-03-01T11:00:00.000Z","by":"bob","change":"deleted"},
              {"revision":2,"at":"2026-03-01T10:00:00.000Z","by":"alice","change":"saved"}]}""";

    @TempDir
    Path home;

    private FakeServer server;
    private CommandLineFixture oo;

    @BeforeEach
    void start() throws IOException {
        server = new FakeServer();
        oo = new CommandLineFixture(home).at(server);
        oo.input = "{\"id\":\"web\",\"image\":{\"name\":\"nginx\"}}";
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private List<String> lines() {
        return server.requests().stream().map(FakeServer.Request::line).toList();
    }

    private List<String> keys() {
        return server.requests().stream()
                .map(request -> request.headers()
                        .getOrDefault("Idempotency-key", List.of("none"))
                        .get(0))
                .toList();
    }

    @Test
    void historyIsATableOrTheAnswerItself() {
        server.on(ONE + "/history", 200, HISTORY);

        assertThat(oo.run("def", "history", "web")).isEqualTo(new Outcome(0, """
                REVISION   SAVED                      BY      CHANGE
                3          2026-03-01T11:00:00.000Z   bob     deleted
                2          2026-03-01T10:00:00.000Z   alice   saved
                """, ""));
        assertThat(oo.run("def", "history", "web", "-o", "json").out())
                .startsWith("{\n  \"id\": \"web\",\n  \"revisions\": [");
        assertThat(oo.run("def", "history", "web", "-o", "xml").exitCode()).isEqualTo(2);
    }

    @Test
    void definitionIsPrintedSoThatSavingItExpectsItsRevision() {
        server.on(
                ONE,
                200,
                "{\"definition\":{\"id\":\"web\",\"image\":{\"name\":\"nginx\"}},\"revision\":7,\"savedBy\":\"bob\"}");

        oo.input = oo.run("definitions", "get", "web").out();
        assertThat(oo.run("definitions", "save", "-").exitCode()).isZero();

        assertThat(lines().get(1))
                .isEqualTo("PUT " + SAVE
                        + " {\"definition\":{\"id\":\"web\",\"image\":{\"name\":\"nginx\"},\"revision\":7}}");
    }

    @Test
    void oldRevisionIsPrintedWithoutItsNumber() {
        server.on(ONE + "/history", 200, "{\"definition\":{\"id\":\"web\"},\"revision\":2}");

        assertThat(oo.run("def", "get", "web", "--revision", "2").out()).isEqualTo("{\n  \"id\": \"web\"\n}\n");
        assertThat(server.only().line()).isEqualTo("GET " + ONE + "/history?revision=2");
    }

    @Test
    void expectedRevisionIsSentWithTheDefinition() {
        assertThat(oo.run("def", "save", "-", "--revision=0").exitCode()).isZero();
        assertThat(oo.run("def", "rm", "web", "--revision", "4").exitCode()).isZero();
        assertThat(lines())
                .containsExactly(
                        "PUT " + SAVE
                                + " {\"definition\":{\"id\":\"web\",\"image\":{\"name\":\"nginx\"},\"revision\":0}}",
                        "DELETE " + ONE + "?revision=4");
    }

    @Test
    void revisionThatIsNoneOrOfSeveralIsNotSent() {
        assertThat(oo.run("def", "save", "-", "--revision=x").exitCode()).isEqualTo(2);
        assertThat(oo.run("def", "rm", "a", "b", "--revision=1").exitCode()).isEqualTo(2);
        oo.input = "[{\"id\":\"a\",\"image\":{\"name\":\"x\"}},{\"id\":\"b\",\"image\":{\"name\":\"x\"}}]";
        assertThat(oo.run("def", "save", "-", "--revision=1").exitCode()).isEqualTo(2);
        oo.input = "{\"id\":\"a\",\"image\":{\"name\":\"x\"},\"revision\":\"new\"}";
        assertThat(oo.run("def", "save", "-").err()).contains("revision must be a whole number");
        assertThat(server.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"deleted", "saved"})
    void rollbackSavesTheOldContentUnlessSomebodyWasQuicker(final String change) {
        server.once(ONE + "/history", 200, HISTORY.replaceFirst("deleted", change));
        server.on(ONE + "/history", 200, "{\"definition\":{\"id\":\"web\",\"image\":{\"name\":\"old\"}}}");

        assertThat(oo.run("def", "rollback", "web", "2")).isEqualTo(new Outcome(0, "", ""));

        assertThat(lines().get(2))
                .isEqualTo("PUT " + SAVE + " {\"definition\":{\"id\":\"web\",\"image\":{\"name\":\"old\"},"
                        + "\"revision\":" + (change.equals("saved") ? 3 : 0) + "}}");
    }

    @Test
    void changeThatCouldNotBeMadeNowIsSentAgainWithTheSameKey() {
        server.once(SAVE, 503, NOT_NOW).once(SAVE, 503, UNKNOWN).on(SAVE, 201, "{}");

        final Outcome outcome = oo.run("def", "save", "-");

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.err()).contains("no majority", "no answer in time", "2 of 5", "3 of 5");
        assertThat(new HashSet<>(lines())).hasSize(1);
        assertThat(keys()).hasSize(3).doesNotContain("none");
        assertThat(new HashSet<>(keys())).hasSize(1);
    }

    @Test
    void everyChangeHasAKeyOfItsOwn() {
        oo.run("def", "rm", "a", "b");
        oo.run("nodes", "rm", "n1");
        oo.run("def", "save", "-");

        assertThat(Set.copyOf(keys())).hasSize(4).doesNotContain("none");
    }

    @Test
    void rawChangesOfTheCatalogHaveAKeyAndAreSentAgain() {
        server.once(SAVE, 503, NOT_NOW).on(SAVE, 201, "{}");
        server.once(ONE, 503, UNKNOWN).on(ONE, 204, "");
        server.once("/registry-svc/node-drain", 503, NOT_NOW);

        assertThat(oo.run("put", SAVE, "--definition={\"id\":\"web\"}").exitCode())
                .isZero();
        assertThat(oo.run("delete", ONE + "?revision=3").exitCode()).isZero();
        assertThat(oo.run("post", "/registry-svc/node-drain", "--node=n1").exitCode())
                .isZero();

        assertThat(keys()).hasSize(6).doesNotContain("none");
        assertThat(new HashSet<>(keys())).hasSize(3);
        assertThat(new HashSet<>(lines())).hasSize(3);
    }

    @Test
    void rawRequestsThatNoKeyMakesSafeAreSentOnce() {
        final String instance = "/registry-svc/instance";
        server.on(instance, 503, UNKNOWN).on("/registry-svc/nodes", 503, NOT_NOW);

        assertThat(oo.run("put", instance, "--slug=web").exitCode()).isEqualTo(1);
        assertThat(oo.run("post", "/registry-svc/nodes").exitCode()).isEqualTo(1);

        assertThat(keys()).containsExactly("none", "none");
    }

    @Test
    void drainThatCouldNotBeMadeNowIsSentAgain() {
        server.once("/registry-svc/node-drain", 503, NOT_NOW);

        assertThat(oo.run("nodes", "drain", "n1").exitCode()).isZero();
        assertThat(oo.run("nodes", "undrain", "n1").exitCode()).isZero();

        assertThat(keys()).hasSize(3).doesNotContain("none");
        assertThat(new HashSet<>(keys())).hasSize(2);
    }

    @Test
    void onlyAServerThatSaysWhatHappenedIsAskedAgain() {
        server.on(SAVE, 503, "{\"error\":\"a proxy's\"}");
        assertThat(oo.run("def", "save", "-").exitCode()).isEqualTo(1);
        server.on(SAVE, 409, "{\"error\":\"definition web is at revision 5\"}");
        assertThat(oo.run("def", "save", "-").err()).contains("at revision 5");
        assertThat(server.requests()).hasSize(2);
    }

    @Test
    void sendingAgainHasAnEnd() {
        server.on(SAVE, 503, NOT_NOW);

        final Outcome outcome = oo.run("def", "save", "-");

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err()).endsWith("error: no majority (HTTP 503)\n");
        assertThat(server.requests()).hasSize(5);
    }
}

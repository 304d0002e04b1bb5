package com.onebackend.registry.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.node.cli.CommandLineFixture.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DefinitionFileTest {
    @TempDir
    Path home;

    private FakeServer server;
    private CommandLineFixture oo;

    @BeforeEach
    void start() throws IOException {
        server = new FakeServer();
        oo = new CommandLineFixture(home).at(server);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "- {id: a, image: {name: x}}\n- {id: b, image: {name: y}}\n",
                "id: a\nimage: {name: x}\n---\nid: b\nimage: {name: y}\n---\n",
                "[{\"id\":\"a\",\"image\":{\"name\":\"x\"}},{\"id\":\"b\",\"image\":{\"name\":\"y\"}}]",
                "{\"definitions\":[{\"id\":\"a\",\"image\":{\"name\":\"x\"}},"
                        + "{\"id\":\"b\",\"image\":{\"name\":\"y\"}}]}",
                "definition: {id: a, image: {name: x}}\n---\n- definition: {id: b, image: {name: y}}\n",
                "{id: a, image: {name: x}}\n---\n{id: b, image: {name: y}}\n",
            })
    void everyFormIsSavedInOrder(final String content) throws IOException {
        Files.writeString(home.resolve("defs"), content);

        assertThat(oo.run("def", "save", "defs")).isEqualTo(new Outcome(0, "", ""));
        assertThat(server.requests().stream().map(FakeServer.Request::line))
                .containsExactly(
                        "PUT /registry-svc/definition {\"definition\":{\"id\":\"a\",\"image\":{\"name\":\"x\"}}}",
                        "PUT /registry-svc/definition {\"definition\":{\"id\":\"b\",\"image\":{\"name\":\"y\"}}}");
    }

    @Test
    void scalarsGetTheTypesOfTheApi() throws IOException {
        Files.writeString(home.resolve("d.yaml"), """
                id: 007
                image: {name: nginx, internalPorts: ["80", 443]}
                ports: [{internal: "80", host: 8080}]
                envars:
                  - {key: A, value: 80}
                  - {key: B, value: true}
                  - {key: C, value: 1.10}
                  - {key: D, value: ""}
                  - {key: E, value: 010}
                apiSpecs: [{url: /o, version: 3.10, metadata: {title: 5}}]
                clients:
                """);

        assertThat(oo.run("def", "save", "d.yaml").exitCode()).isZero();
        assertThat(server.only().body())
                .isEqualTo("{\"definition\":{\"id\":\"007\",\"image\":{\"name\":\"nginx\",\"internalPorts\":[80,443]},"
                        + "\"ports\":[{\"internal\":80,\"host\":8080}],\"envars\":[{\"key\":\"A\",\"value\":\"80\"},"
                        + "{\"key\":\"B\",\"value\":\"true\"},{\"key\":\"C\",\"value\":\"1.10\"},"
                        + "{\"key\":\"D\",\"value\":\"\"},{\"key\":\"E\",\"value\":\"010\"}],"
                        + "\"apiSpecs\":[{\"url\":\"/o\",\"version\":\"3.10\",\"metadata\":{\"title\":\"5\"}}]}}");
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "image: {name: x} | d.yaml: id is required, for example: id: my-svc",
                "{id: ' ', image: {name: x}} | d.yaml: id is required, for example: id: my-svc",
                "{id: a b, image: {name: x}} | d.yaml: id must have no blanks and no slashes: 'a b'",
                "id: a | d.yaml: image.name or repository.url is required",
                "{id: a, image: {internalPorts: [80]}} | d.yaml: image.name or repository.url is required",
                "{id: a, image: {name: x, internalPorts: 80}}| d.yaml: image.internalPorts must be a list of ports, for"
                        + " example: [8080]",
                "{id: a, image: {name: x, internalPorts: [0]}} | d.yaml: image.internalPorts[0] must be a port, 1 to"
                        + " 65535, not '0'",
                "{id: a, image: {name: x}, ports: [{host: 1}]} | d.yaml: ports[0].internal is required",
                "{id: a, image: {name: x}, envars: [{value: 1}]} | d.yaml: envars[0].key is required",
                "{id: a, image: {name: x}, envars: {A: b}} | d.yaml: envars must be a list; begin each entry with a"
                        + " dash",
                "{id: a, image: {name: [x]}} | d.yaml: image.name must be a text",
                "{id: [a], image: {name: x}} | d.yaml: id must be a text",
                "just text | d.yaml: a definition is an object with fields such as id" + " and image",
                "[{id: a, image: {name: x}}, {id: a, image: {name: x}}] | d.yaml: definition 2 (a): the id a is in the"
                        + " file twice",
                "'id: a: b' | d.yaml: a definition is an object with fields such as id" + " and image",
                "id: a: b | d.yaml: line 1, column 6: mapping values are not allowed" + " here",
            })
    void problemIsNamedAndNothingIsSent(final String yaml, final String problem) throws IOException {
        Files.writeString(home.resolve("d.yaml"), yaml);

        final Outcome outcome = oo.run("definitions", "save", "d.yaml");

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err().lines()).contains("error: " + problem);
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void everyProblemIsTold() throws IOException {
        Files.writeString(home.resolve("d.yaml"), "id: a\n---\nimage: {name: x}\n");

        assertThat(oo.run("def", "validate", "d.yaml").err()).isEqualTo("""
                error: d.yaml: definition 1 (a): image.name or repository.url is required
                error: d.yaml: definition 2: id is required, for example: id: my-svc
                """);
    }

    @Test
    void validDefinitionsAreNamedWithoutAServer() throws IOException {
        Files.writeString(home.resolve("d.yaml"), "id: a\nimage: {name: x}\n---\nid: b\nrepository: {url: y}\n");

        assertThat(oo.run("definitions", "validate", "d.yaml")).isEqualTo(new Outcome(0, "d.yaml: valid: a, b\n", ""));
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void whatTheServerListedIsValid() throws IOException {
        Files.writeString(home.resolve("all.json"), """
                {"definitions":[{"id":"a","image":{"name":"x","internalPorts":[80]},"ports":[{"internal":80,"host":0}],
                 "envars":[],"apiSpecs":[{"url":"/o","protocolType":"","version":"","metadata":{}}],"clients":[]}]}""");

        assertThat(oo.run("def", "validate", "all.json").out()).isEqualTo("all.json: valid: a\n");
    }

    @Test
    void unknownFieldIsAProblem() throws IOException {
        Files.writeString(home.resolve("d.yaml"), "id: a\nimage: {name: x, tag: y}\nenVars: []\n");

        final Outcome outcome = oo.run("def", "save", "d.yaml");

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err()).isEqualTo("""
                error: d.yaml: unknown field image.tag
                error: d.yaml: unknown field enVars
                """);
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void jsonErrorShowsItsPlace() throws IOException {
        Files.writeString(home.resolve("d.json"), "{\n  \"id\": a\n}");

        assertThat(oo.run("def", "validate", "d.json").err()).startsWith("error: d.json: line 2, column ");
    }

    @Test
    void fileThatCannotBeReadIsNamed() throws IOException {
        Files.write(home.resolve("big.yaml"), new byte[(4 << 20) + 1]);
        Files.writeString(home.resolve("empty.yaml"), "");

        assertThat(oo.run("def", "save", "nope.yaml"))
                .isEqualTo(new Outcome(1, "", "error: cannot read nope.yaml: no such file\n"));
        assertThat(oo.run("def", "save", "big.yaml").err()).isEqualTo("error: big.yaml is larger than 4 MiB\n");
        assertThat(oo.run("def", "save", "empty.yaml").err())
                .isEqualTo("error: empty.yaml: there is no definition in it\n");
        assertThat(oo.run("def", "save", ".").exitCode()).isEqualTo(1);
    }

    @Test
    void aliasBombIsRefused() throws IOException {
        final StringBuilder yaml = new StringBuilder("a0: &a0 [x]\n");
        for (int i = 1; i < 60; i++) {
            final String before = "*a" + (i - 1);
            yaml.append("a%d: &a%d [%s, %s]%n".formatted(i, i, before, before));
        }
        Files.writeString(home.resolve("d.yaml"), yaml);

        assertThat(oo.run("def", "save", "d.yaml").exitCode()).isEqualTo(1);
    }

    @Test
    void standardInputIsAFileCalledDash() {
        oo.input = "{\"id\":\"a\",\"image\":{\"name\":\"x\"}}";

        assertThat(oo.run("def", "s", "-").exitCode()).isZero();
        assertThat(server.only().body()).isEqualTo("{\"definition\":{\"id\":\"a\",\"image\":{\"name\":\"x\"}}}");
    }

    @Test
    void refusedSaveSaysHowFarItGot() throws IOException {
        server.on("/registry-svc/definition", 403, "{\"error\":\"registry-svc:definition:edit is missing\"}");
        Files.writeString(home.resolve("d.yaml"), "- {id: a, image: {name: x}}\n- {id: b, image: {name: y}}\n");

        final Outcome outcome = oo.run("def", "save", "d.yaml");

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err())
                .startsWith("error: a: registry-svc:definition:edit is missing (HTTP 403)\n")
                .contains("saved 0 of 2");
        assertThat(server.requests()).hasSize(1);
    }
}

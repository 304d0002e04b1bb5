package com.onebackend.registry.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every command line of the documents sends what it must, with the words as a shell would split them. */
class DocumentedCommandsTest {
    private static final Map<String, String> VARIABLES = Map.of(
            "instance_id",
            "inst_777",
            "id",
            "inst_778",
            "service_slug",
            "user-svc",
            "service_name",
            "shop",
            "port",
            "8081");

    @TempDir
    Path home;

    private FakeServer server;

    @BeforeEach
    void start() throws IOException {
        server = new FakeServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    static Stream<Arguments> commands() throws IOException, URISyntaxException {
        final List<Arguments> commands = new ArrayList<>();
        String command = "";
        for (final String line : Files.readAllLines(resource("commands.txt"))) {
            if (line.startsWith("oo ")) {
                command = line;
            } else if (line.startsWith("  ")) {
                commands.add(Arguments.of(command, line.strip()));
            }
        }
        return commands.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("commands")
    void documentedCommandSendsItsRequest(final String command, final String request) throws Exception {
        final CommandLineFixture oo = new CommandLineFixture(home).at(server);
        oo.folder = resource("definitions");

        final CommandLineFixture.Outcome outcome =
                oo.run(words(command).stream().skip(1).toArray(String[]::new));

        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.exitCode()).isZero();
        assertThat(server.only().line()).isEqualTo(request);
        assertThat(server.only().authorization()).isEqualTo("Bearer secret-token");
    }

    /** Splits as a shell does: blanks, both quotes, variables outside single quotes. */
    private static List<String> words(final String command) {
        final List<String> words = new ArrayList<>();
        final StringBuilder word = new StringBuilder();
        char quote = 0;
        for (int i = 0; i < command.length(); i++) {
            final char c = command.charAt(i);
            if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
            } else if (c == quote) {
                quote = 0;
            } else if (quote == 0 && c == ' ') {
                words.add(expand(word.toString()));
                word.setLength(0);
            } else {
                word.append(c);
            }
        }
        words.add(expand(word.toString()));
        return words;
    }

    private static String expand(final String word) {
        return Pattern.compile("\\$([a-z_]+)").matcher(word).replaceAll(DocumentedCommandsTest::value);
    }

    private static String value(final MatchResult variable) {
        return VARIABLES.get(variable.group(1));
    }

    static Path resource(final String name) throws URISyntaxException {
        return Path.of(DocumentedCommandsTest.class.getResource(name).toURI());
    }
}

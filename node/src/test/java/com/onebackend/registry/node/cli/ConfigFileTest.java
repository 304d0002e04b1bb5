package com.onebackend.registry.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.node.cli.CommandLineFixture.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The configuration file, logins, and which server and token a call uses. */
class ConfigFileTest {
    private static final String LOGIN = "/user-svc/login";

    @TempDir
    Path home;

    private FakeServer server;
    private FakeServer other;
    private CommandLineFixture oo;
    private Path file;

    @BeforeEach
    void start() throws IOException {
        server = new FakeServer().on(LOGIN, 200, "{\"token\":{\"id\":\"t\",\"token\":\"tok-1\"}}");
        other = new FakeServer().on(LOGIN, 200, "{\"token\":{\"id\":\"t\",\"token\":\"tok-2\"}}");
        oo = new CommandLineFixture(home);
        file = home.resolve(".1backend/cliConfig.yaml");
    }

    @AfterEach
    void stop() {
        server.close();
        other.close();
    }

    @Test
    void firstRunMakesALocalEnvironmentForItsOwnerOnly() throws IOException {
        assertThat(oo.run("env", "ls").out()).isEqualTo("""
                ENV NAME   SELECTED   URL                      DESCRIPTION
                local      yes        http://127.0.0.1:11337   a node on this machine
                """);

        assertThat(Files.readString(file)).isEqualTo("""
                selectedEnvironment: local
                environments:
                  local:
                    url: http://127.0.0.1:11337
                    shortName: local
                    description: a node on this machine
                """);
        assertThat(permissions(file)).isEqualTo("rw-------");
        assertThat(permissions(file.getParent())).isEqualTo("rwx------");
    }

    @Test
    void variablesAloneNeedNoFile() {
        oo.at(server);

        assertThat(oo.run("get", "/x").exitCode()).isZero();
        assertThat(file.getParent()).doesNotExist();
    }

    @Test
    void homeThatCannotBeWrittenIsOnlyAWarning() throws IOException {
        Files.writeString(home.resolve(".1backend"), "a file where the folder should be");
        oo.env.put("OB_SERVER_URL", server.url());

        final Outcome outcome = oo.run("get", "/x");

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.err()).startsWith("warning: cannot make ");
        assertThat(oo.run("env", "add", "a", "http://a").exitCode()).isEqualTo(1);
    }

    @Test
    void loginKeepsTheTokenAndLaterCallsUseIt() throws IOException {
        oo.run("env", "add", "test", server.url(), "--description", "a test");
        oo.run("env", "select", "test");

        final Outcome login = oo.run("login", "shop", "pass word");

        assertThat(login.exitCode()).isZero();
        assertThat(login.out()).isEmpty();
        assertThat(server.only().line())
                .isEqualTo("POST /user-svc/login "
                        + "{\"appHost\":\"unnamed\",\"slug\":\"shop\",\"password\":\"pass word\",\"device\":\"oo\"}");
        assertThat(Files.readString(file)).contains("""
                    selectedUser: shop
                    users:
                      shop:
                        slug: shop
                        selectedAppHost: unnamed
                        tokensByAppHost:
                          unnamed: tok-1
                """);
        assertThat(oo.run("token").out()).isEqualTo("tok-1\n");
        oo.run("get", "/x");
        assertThat(server.requests().get(1).authorization()).isEqualTo("Bearer tok-1");
        assertThat(oo.run("env", "current").out()).isEqualTo("test\n");
    }

    @Test
    void tokensAreKeptByEnvironmentAndAppHost() {
        oo.run("env", "add", "one", server.url());
        oo.run("env", "add", "two", other.url());
        oo.run("login", "-e", "one", "shop", "p");
        oo.run("-e", "two", "login", "shop", "p");
        server.on(LOGIN, 200, "{\"token\":{\"token\":\"tok-app\"}}");
        oo.run("login", "shop", "p", "--env=one", "--app-host=my.app");

        assertThat(oo.run("token", "-e", "one").out()).isEqualTo("tok-app\n");
        assertThat(oo.run("token", "-e", "one", "-a", "unnamed").out()).isEqualTo("tok-1\n");
        assertThat(oo.run("-e", "two", "token").out()).isEqualTo("tok-2\n");
        assertThat(oo.run("token").exitCode()).isEqualTo(1);

        oo.run("-e", "two", "get", "/x", "--y=1");
        oo.run("put", "/x", "--y=1", "-e", "two");
        oo.run("nodes", "ls", "-e", "two");
        assertThat(other.requests().stream().skip(1).map(FakeServer.Request::line))
                .containsExactly("GET /x?y=1", "PUT /x {\"y\":1}", "POST /registry-svc/nodes {}");
    }

    @Test
    void namedEnvironmentWinsOverTheVariables() {
        oo.run("env", "add", "two", other.url());
        oo.run("login", "-e", "two", "shop", "p");
        oo.at(server);

        oo.run("get", "/x", "-e", "two");
        oo.run("get", "/y");

        assertThat(other.requests().get(1).authorization()).isEqualTo("Bearer tok-2");
        assertThat(server.only().authorization()).isEqualTo("Bearer secret-token");
    }

    @Test
    void storedTokenIsShownOnlyToItsServer() {
        oo.run("env", "add", "two", other.url());
        oo.run("env", "select", "two");
        oo.run("login", "shop", "p");

        oo.env.put("OB_SERVER_URL", server.url());
        oo.run("get", "/x");
        oo.env.put("OB_SERVER_URL", other.url().replace("http:", "HTTP:") + "/");
        oo.run("get", "/x");

        assertThat(server.only().authorization()).isEmpty();
        assertThat(other.requests().get(1).authorization()).isEqualTo("Bearer tok-2");
    }

    @Test
    void loginAtAServerOfTheVariableMakesItsEnvironment() {
        oo.env.put("OB_SERVER_URL", server.url());

        assertThat(oo.run("login", "shop", "p").exitCode()).isZero();

        assertThat(oo.run("token").out()).isEqualTo("tok-1\n");
        assertThat(oo.run("env", "ls").out()).contains("127.0.0.1-" + server.port());
        assertThat(oo.run("env", "current").out()).isEqualTo("local\n");
    }

    @Test
    void passwordComesFromVariableTerminalOrInput() {
        oo.env.put("OB_SERVER_URL", server.url());

        oo.env.put("OB_PASSWORD", "by variable");
        oo.run("login", "shop");
        oo.env.remove("OB_PASSWORD");
        oo.input = "by input\r\nmore\n";
        oo.run("login", "shop");
        oo.terminal = CommandLineFixture.typing("typed-slug", "by terminal");
        oo.run("login");

        assertThat(server.requests().get(0).body()).contains("\"by variable\"");
        assertThat(server.requests().get(1).body()).contains("\"by input\"");
        assertThat(server.requests().get(2).body()).contains("\"typed-slug\"").contains("\"by terminal\"");
    }

    @Test
    void loginWithoutSlugOrPasswordIsNotUnderstood() {
        oo.env.put("OB_SERVER_URL", server.url());

        assertThat(oo.run("login").exitCode()).isEqualTo(2);
        assertThat(oo.run("login", "shop").exitCode()).isEqualTo(2);
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void refusedLoginKeepsTheOldToken() {
        oo.env.put("OB_SERVER_URL", server.url());
        oo.run("login", "shop", "p");
        server.on(LOGIN, 401, "{\"error\":\"wrong slug or password\"}");

        final Outcome refused = oo.run("login", "shop", "q");

        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err()).startsWith("error: wrong slug or password (HTTP 401)");
        assertThat(oo.run("token").out()).isEqualTo("tok-1\n");
    }

    @Test
    void whoamiShowsTheAccount() {
        oo.at(server);
        server.on("/user-svc/self", 200, """
                {"user":{"id":"usr_1","slug":"shop","name":"Shop"},
                 "roles":["user-svc:user",{"id":"user-svc:admin"}]}""");

        assertThat(oo.run("whoami").out()).isEqualTo("""
                slug: shop
                id: usr_1
                name: Shop
                roles: user-svc:user, user-svc:admin
                server: %s
                """.formatted(server.url()));
    }

    @Test
    void fieldsOfOtherProgramsSurvive() throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, """
                theme: dark
                selectedEnvironment: prod
                environments:
                  prod:
                    url: %s
                    shortName: p
                    extra: {list: [1, "2"]}
                    selectedUser: "0123"
                    users:
                      "0123": {slug: "0123", selectedAppHost: x, tokensByAppHost: {x: old}}
                """.formatted(server.url()));

        assertThat(oo.run("token").out()).isEqualTo("old\n");
        assertThat(oo.run("-e", "p", "token").out()).isEqualTo("old\n");
        assertThat(oo.run("login", "0123", "p", "-a", "x").exitCode()).isZero();

        assertThat(Files.readString(file))
                .contains("theme: dark")
                .contains("extra:")
                .contains("x: tok-1");
        assertThat(permissions(file)).isEqualTo("rw-------");
    }

    @Test
    void damagedFileSaysWhereAndIsLeftAlone() throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "environments:\n  a: [\n");

        final Outcome outcome = oo.run("env", "add", "b", "http://b");

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err()).contains("cliConfig.yaml is damaged: line ");
        assertThat(Files.readString(file)).isEqualTo("environments:\n  a: [\n");
    }

    @Test
    void linkToTheFileStaysALink() throws IOException {
        final Path real = Files.writeString(home.resolve("real.yaml"), "");
        Files.createDirectories(file.getParent());
        Files.createSymbolicLink(file, real);

        oo.run("env", "add", "b", "http://b");

        assertThat(file).isSymbolicLink();
        assertThat(Files.readString(real)).contains("http://b");
    }

    @Test
    void environmentsAreSelectedAndRemoved() {
        oo.run("env", "add", "prod", "node1:11337/");

        assertThat(oo.run("env", "rm", "local").exitCode()).isEqualTo(1);
        assertThat(oo.run("env", "select", "nope").exitCode()).isEqualTo(1);
        assertThat(oo.run("e", "s", "prod").exitCode()).isZero();
        assertThat(oo.run("env", "rm", "local").exitCode()).isZero();
        assertThat(oo.run("env", "ls").out()).isEqualTo("""
                ENV NAME   SELECTED   URL                  DESCRIPTION
                prod       yes        http://node1:11337   -
                """);
    }

    private static String permissions(final Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}

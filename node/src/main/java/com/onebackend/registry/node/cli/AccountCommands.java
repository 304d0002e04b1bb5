package com.onebackend.registry.node.cli;

import com.onebackend.registry.node.cli.CommandTree.Invocation;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;

/** {@code oo login}, {@code oo token}, {@code oo whoami}. */
final class AccountCommands {
    private static final String PASSWORD = "OB_PASSWORD";

    private AccountCommands() {}

    static void add(final CommandSpec root) {
        final CommandSpec login = CommandTree.command(
                "login",
                "Log in and keep the token. The password comes from the line, OB_PASSWORD, the terminal or a pipe.",
                AccountCommands::login);
        root.addSubcommand(
                "login",
                CommandTree.words(
                        login,
                        0,
                        2,
                        "[SLUG [PASSWORD]]",
                        "an account; a password in the line shows" + " in the list of processes"));
        root.addSubcommand("token", CommandTree.command("token", "Print the token in use.", AccountCommands::token));
        root.addSubcommand("whoami", CommandTree.command("whoami", "Show who is logged in.", AccountCommands::whoami));
    }

    private static int login(final Invocation call) {
        final Shell shell = call.shell();
        final String appHost = call.appHost().isEmpty() ? Config.DEFAULT_APP_HOST : call.appHost();
        final Target target = call.target();
        final String slug = slug(call);
        final Map<String, Object> request = new LinkedHashMap<>();
        request.put("appHost", appHost);
        request.put("slug", slug);
        request.put("password", password(call));
        request.put("device", "oo");
        // Whoever is logged in does not matter here, and a stale token must not stand in the way.
        final Server server = new Server(new Target(target.url(), "", target.environment()));
        final Map<String, Object> answer =
                server.call("POST", "/user-svc/login", request, (in, type) -> Json.readObject(in));
        final String token = Json.text(Json.object(answer.get("token")), "token");
        if (token.isEmpty()) {
            throw CliException.failure(target.url() + " answered the login without a token");
        }
        call.configFile().update(config -> store(config, target).login(slug, appHost, token));
        shell.err().println("logged in to " + target.url() + " as " + slug);
        if (call.environment().isEmpty() && !shell.variable(Target.TOKEN).isEmpty()) {
            shell.warn(Target.TOKEN + " is set and is used instead of the new token; unset it");
        }
        return Oo.EXIT_OK;
    }

    /** Where the token is kept: the environment used, or a new one for a server that came from OB_SERVER_URL alone. */
    private static Config.Environment store(final Config config, final Target target) {
        if (!target.environment().isEmpty()) {
            return config.environment(target.environment());
        }
        final Config.Environment known = config.withUrl(target.url());
        if (known != null) {
            return known;
        }
        final URI uri = URI.create(target.url());
        final String name = uri.getHost() + (uri.getPort() < 0 ? "" : "-" + uri.getPort());
        config.add(name, target.url(), "");
        return config.environment(name);
    }

    private static String slug(final Invocation call) {
        final Shell.Terminal terminal = call.shell().terminal();
        if (call.word(0).isEmpty() && terminal != null) {
            final String typed = terminal.line("Slug: ");
            if (typed != null && !typed.isBlank()) {
                return typed.strip();
            }
        }
        if (call.word(0).isEmpty()) {
            throw CliException.usage("whose login? write: oo login SLUG");
        }
        return call.word(0);
    }

    private static String password(final Invocation call) {
        final Shell shell = call.shell();
        String password = call.word(1);
        if (password.isEmpty()) {
            password = shell.env().getOrDefault(PASSWORD, "");
        }
        if (password.isEmpty()) {
            password = shell.terminal() == null
                    ? shell.readLine()
                    : shell.terminal().password("Password: ");
        }
        if (password == null || password.isEmpty()) {
            throw CliException.usage("no password; type it, set " + PASSWORD + ", or pipe it in");
        }
        return password;
    }

    private static int token(final Invocation call) {
        final Target target = call.target();
        if (target.token().isEmpty()) {
            throw CliException.failure("nobody is logged in at " + target.url() + "; use: oo login SLUG");
        }
        call.shell().out().println(target.token());
        return Oo.EXIT_OK;
    }

    private static int whoami(final Invocation call) {
        final Target target = call.target();
        if (target.token().isEmpty()) {
            throw CliException.failure("nobody is logged in at " + target.url() + "; use: oo login SLUG");
        }
        final Map<String, Object> self =
                new Server(target).call("POST", "/user-svc/self", Map.of(), (in, type) -> Json.readObject(in));
        final Map<String, Object> user = Json.object(self.get("user"));
        line(call, "slug", Json.text(user, "slug"));
        line(call, "id", Json.text(user, "id"));
        line(call, "name", Json.text(user, "name"));
        line(call, "roles", roles(Json.list(self.get("roles"))));
        line(call, "server", target.url());
        line(call, "environment", target.environment());
        return Oo.EXIT_OK;
    }

    private static String roles(final List<?> roles) {
        return roles.stream()
                .map(role -> role instanceof Map ? Json.text(Json.object(role), "id") : String.valueOf(role))
                .collect(Collectors.joining(", "));
    }

    private static void line(final Invocation call, final String name, final String value) {
        if (!value.isEmpty()) {
            call.shell().out().println(name + ": " + Table.printable(value));
        }
    }
}

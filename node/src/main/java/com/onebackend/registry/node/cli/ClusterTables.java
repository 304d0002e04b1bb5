package com.onebackend.registry.node.cli;

import java.io.PrintStream;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A cluster's status for a person: single values, members, voters, and what the autopilot does about them. */
final class ClusterTables {
    private ClusterTables() {}

    static void print(final Map<String, Object> cluster, final Instant now, final PrintStream out) {
        final Map<String, Object> catalog = Json.object(cluster.get("catalog"));
        head(cluster, catalog).print(out);
        if (cluster.get("members") instanceof List<?> members) {
            out.append('\n');
            members(cluster, catalog, members).print(out);
        }
        final List<?> voters = Json.list(catalog.get("voters"));
        if (!voters.isEmpty()) {
            out.append('\n');
            voters(voters).print(out);
        }
        if (!catalog.isEmpty()) {
            out.append('\n');
            autopilot(catalog, now, out);
        }
    }

    /** What is a single value, in the server's order and wording. */
    private static Table head(final Map<String, Object> cluster, final Map<String, Object> catalog) {
        final Table table = new Table("FIELD", "VALUE");
        cluster.forEach((name, value) -> {
            if (value instanceof List<?> list && !name.equals("members")) {
                table.add(name, list.stream().map(ClusterTables::plain).collect(Collectors.joining(", ")));
            } else if (!(value instanceof List) && !name.equals("catalog")) {
                table.add(name, plain(value));
            }
        });
        for (final String name : List.of("role", "term", "committedIndex", "ageMillis", "epoch", "problem")) {
            if (catalog.containsKey(name)
                    && !(name.equals("epoch") && plain(catalog.get(name)).equals("0"))) {
                table.add(name, plain(catalog.get(name)));
            }
        }
        return table;
    }

    private static Table members(
            final Map<String, Object> cluster, final Map<String, Object> catalog, final List<?> members) {
        final Map<String, Map<String, Object>> nodes = new LinkedHashMap<>();
        for (final Object each : Json.list(catalog.get("nodes"))) {
            nodes.put(Json.text(Json.object(each), "id"), Json.object(each));
        }
        final Table table = new Table("NODE ID", "URL", "ZONE", "STATE", "ROLE", "LAG", "DRAINED");
        for (final Object each : members) {
            final Map<String, Object> member = Json.object(each);
            final String id = nodeId(member);
            final Map<String, Object> node = nodes.containsKey(id) ? nodes.remove(id) : Map.of();
            table.add(
                    id,
                    Json.text(member, "url"),
                    Json.text(node, "zone"),
                    Json.text(member, "state"),
                    role(cluster, id),
                    Json.text(node, "lag"),
                    drained(node));
        }
        // Those the catalog lists and no member has seen since this node started.
        nodes.values()
                .forEach(node -> table.add(
                        Json.text(node, "id"),
                        Json.text(node, "url"),
                        Json.text(node, "zone"),
                        "unseen",
                        role(cluster, Json.text(node, "id")),
                        Json.text(node, "lag"),
                        drained(node)));
        return table;
    }

    private static String role(final Map<String, Object> cluster, final String id) {
        if (!id.isEmpty() && id.equals(Json.text(cluster, "leader"))) {
            return "leader";
        }
        return Json.list(cluster.get("voters")).contains(id) ? "voter" : "member";
    }

    private static String drained(final Map<String, Object> node) {
        return Json.text(node, "drained").equals("true") ? "yes" : "";
    }

    private static Table voters(final List<?> voters) {
        final Table table = new Table("VOTER", "ZONE", "REACHABLE", "LAST CONTACT", "LOG BEHIND");
        for (final Object each : voters) {
            final Map<String, Object> voter = Json.object(each);
            final String contact = Json.text(voter, "lastContactMillis");
            table.add(
                    Json.text(voter, "id") + (Json.text(voter, "leader").equals("true") ? " (leader)" : ""),
                    Json.text(voter, "zone"),
                    Json.text(voter, "reachable").equals("true") ? "yes" : "no",
                    contact.isEmpty() ? "" : contact + " ms ago",
                    Json.text(voter, "lag"));
        }
        return table;
    }

    private static void autopilot(final Map<String, Object> catalog, final Instant now, final PrintStream out) {
        final Map<String, Object> autopilot = Json.object(catalog.get("autopilot"));
        final String plan = Json.text(autopilot, "plan");
        final String by = Json.text(autopilot, "by");
        if (by.isEmpty()) {
            out.append("autopilot: not known, no leader answers\n");
            return;
        }
        final String since = Table.ago(Json.text(autopilot, "since"), now);
        out.append("autopilot at ")
                .append(Table.printable(by))
                .append(since.isEmpty() ? "" : ", decided " + since)
                .append(": ")
                .append(plan.isEmpty() ? "begins to look" : Table.printable(plan))
                .append('\n');
        final String change = Json.text(autopilot, "lastChange");
        if (!change.isEmpty()) {
            out.append("last change, ")
                    .append(Table.ago(Json.text(autopilot, "lastChangeTime"), now))
                    .append(": ")
                    .append(Table.printable(change))
                    .append('\n');
        }
    }

    /** A member's id is a text, or an object with its origin and generation beside the text. */
    private static String nodeId(final Map<String, Object> member) {
        final String nodeId = Json.text(member, "nodeId");
        if (!nodeId.isEmpty()) {
            return nodeId;
        }
        return member.get("id") instanceof Map<?, ?> id
                ? Json.text(Json.object(id), "nodeId")
                : Json.text(member, "id");
    }

    private static String plain(final Object value) {
        return value == null ? "" : value instanceof Map ? Json.text(value) : value.toString();
    }
}

package com.onebackend.registry.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.node.cli.CommandLineFixture.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TablesTest {
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

    @Test
    void instancesAreATable() {
        server.on("/registry-svc/instances", 200, """
                {"instances":[
                  {"id":"inst_1","url":"http://user-service:8080","status":"Healthy","slug":"user-svc",
                   "tags":["a"],"lastHeartbeat":"2026-03-01T11:59:51.500Z"},
                  {"id":"inst_22","url":"http://b:1","status":"Unknown","lastHeartbeat":"0001-01-01T00:00:00Z"}],
                 "count":2}""");

        assertThat(oo.run("i", "ls")).isEqualTo(new Outcome(0, """
                INSTANCE ID   URL                        STATUS    OWNER SLUG   LAST HEARTBEAT
                inst_1        http://user-service:8080   Healthy   user-svc     8s ago
                inst_22       http://b:1                 Unknown   -            -
                """, ""));
    }

    @Test
    void nodesAreATableWithTheirStates() {
        server.on("/registry-svc/nodes", 200, """
                {"states":{"n1":"ALIVE","n2":"DEAD"},
                 "nodes":[{"id":"n1","url":"http://n1:11337","usage":{"cpu":{"percent":1.5}},"gpus":[],
                           "lastHeartbeat":"2026-03-01T11:59:52Z"},
                          {"id":"n2","url":"http://n2:11337","lastHeartbeat":"2026-03-01T10:56:00+01:00"},
                          {"id":"n3","url":"http://n3:11337"}]}""");

        assertThat(oo.run("nodes", "list").out()).isEqualTo("""
                NODE ID   URL               LAST HEARTBEAT   STATE
                n1        http://n1:11337   8s ago           ALIVE
                n2        http://n2:11337   2h ago           DEAD
                n3        http://n3:11337   -                -
                """);
    }

    @Test
    void definitionsAreATable() {
        server.on("/registry-svc/definitions", 200, """
                {"definitions":[
                  {"id":"a","image":{"name":"nginx","internalPorts":[80,443]}},
                  {"id":"b","repository":{"url":"https://x/y.git","buildContext":"back","containerFile":"Dockerfile",
                   "internalPorts":[]},"ports":[{"internal":3000,"host":80}]},
                  {"id":"c"}]}""");

        assertThat(oo.run("def", "ls").out()).isEqualTo("""
                ID   IMAGE NAME   REPO URL          REPO BUILD CONTEXT   REPO CONTAINER FILE   INTERNAL PORT
                a    nginx        -                 -                    -                     80,443
                b    -            https://x/y.git   back                 Dockerfile            3000
                c    -            -                 -                    -                     -
                """);
    }

    @Test
    void emptyListsShowTheirHeader() {
        server.on("/registry-svc/instances", 200, "{\"instances\":[]}");
        server.on("/registry-svc/nodes", 200, "{\"nodes\":null}");
        server.on("/registry-svc/definitions", 200, "{}");

        assertThat(oo.run("instances", "list"))
                .isEqualTo(new Outcome(0, "INSTANCE ID   URL   STATUS   OWNER SLUG   LAST HEARTBEAT\n", ""));
        assertThat(oo.run("nodes", "ls")).isEqualTo(new Outcome(0, "NODE ID   URL   LAST HEARTBEAT   STATE\n", ""));
        assertThat(oo.run("definitions", "ls").out())
                .isEqualTo("ID   IMAGE NAME   REPO URL   REPO BUILD CONTEXT   REPO CONTAINER FILE   INTERNAL PORT\n");
    }

    @Test
    void recordCannotDriveTheTerminal() {
        server.on("/registry-svc/instances", 200, "{\"instances\":[{\"id\":\"a\\u001b[2Jb\\nc\"}]}");

        assertThat(oo.run("i", "ls").out()).contains("a?[2Jb?c").hasLineCount(2);
    }

    @Test
    void answerThatIsNoListFails() {
        server.on("/registry-svc/instances", 200, "[]");

        final Outcome outcome = oo.run("i", "ls");

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err()).contains("an object was expected");
    }

    @Test
    void clusterStatusShowsWhoLeadsAndVotes() {
        server.on("/registry-svc/cluster", 200, """
                {"clusterId":"c1","nodeId":"n1","leader":"n2","ready":true,"reason":"","voters":["n1","n2"],
                 "members":[{"nodeId":"n1","url":"http://n1:1","state":"ALIVE"},
                            {"id":"n2","url":"http://n2:1","state":"ALIVE"},
                            {"id":{"nodeId":"n3","generation":4},"url":"http://n3:1","state":"SUSPECT"}]}""");

        assertThat(oo.run("cluster", "status")).isEqualTo(new Outcome(0, """
                FIELD       VALUE
                clusterId   c1
                nodeId      n1
                leader      n2
                ready       true
                reason      -
                voters      n1, n2

                NODE ID   URL           ZONE   STATE     ROLE     LAG   DRAINED
                n1        http://n1:1   -      ALIVE     voter    -     -
                n2        http://n2:1   -      ALIVE     leader   -     -
                n3        http://n3:1   -      SUSPECT   member   -     -
                """, ""));
    }

    @Test
    void clusterStatusShowsLagAndWhatTheAutopilotDoes() {
        server.on("/registry-svc/cluster", 200, """
                {"clusterId":"c1","leader":"n1","voters":["n1","n2"],
                 "members":[{"id":"n1","url":"http://n1:1","state":"alive"}],
                 "catalog":{"epoch":0,"role":"leader","term":4,"committedIndex":9,"ageMillis":0,
                  "voters":[{"id":"n1","zone":"r/a","reachable":true,"lastContactMillis":0,"lag":0,"leader":true},
                            {"id":"n2","zone":"r/b","reachable":false,"lastContactMillis":61000,"leader":false}],
                  "nodes":[{"id":"n1","url":"http://n1:1","zone":"r/a","role":"leader","lag":0,"drained":true},
                           {"id":"n2","url":"http://n2:1","zone":"r/b","role":"voter","drained":false}],
                  "autopilot":{"by":"n1","plan":"cannot replace n2","since":"2026-03-01T11:59:52Z",
                   "lastChange":"n2 becomes a voter: done","lastChangeTime":"2026-03-01T11:00:00Z"}}}""");

        assertThat(oo.run("cluster", "status")).isEqualTo(new Outcome(0, """
                FIELD            VALUE
                clusterId        c1
                leader           n1
                voters           n1, n2
                role             leader
                term             4
                committedIndex   9
                ageMillis        0

                NODE ID   URL           ZONE   STATE    ROLE     LAG   DRAINED
                n1        http://n1:1   r/a    alive    leader   0     yes
                n2        http://n2:1   r/b    unseen   voter    -     -

                VOTER         ZONE   REACHABLE   LAST CONTACT   LOG BEHIND
                n1 (leader)   r/a    yes         0 ms ago       0
                n2            r/b    no          61000 ms ago   -

                autopilot at n1, decided 8s ago: cannot replace n2
                last change, 1h ago: n2 becomes a voter: done
                """, ""));
    }

    @Test
    void removalsPrintNothing() {
        server.on("/registry-svc/instance/a%2Fb", 204, "");

        assertThat(oo.run("i", "delete", "a/b")).isEqualTo(new Outcome(0, "", ""));
        assertThat(oo.run("n", "rm", "node-1", "--force")).isEqualTo(new Outcome(0, "", ""));
        assertThat(oo.run("def", "rm", "a", "b")).isEqualTo(new Outcome(0, "", ""));
        assertThat(server.requests().stream().map(FakeServer.Request::line))
                .containsExactly(
                        "DELETE /registry-svc/instance/a%2Fb",
                        "DELETE /registry-svc/node/node-1?force=true",
                        "DELETE /registry-svc/definition/a",
                        "DELETE /registry-svc/definition/b");
    }

    @Test
    void everyRemovalIsTriedAndAnyFailureCounts() {
        server.on("/registry-svc/instance/b", 404, "{\"error\":\"no instance b\"}");

        assertThat(oo.run("i", "rm", "a", "b", "c"))
                .isEqualTo(new Outcome(1, "", "error: b: no instance b (HTTP 404)\n"));
        assertThat(server.requests()).hasSize(3);
    }

    @Test
    void emptyNameRemovesNothing() {
        assertThat(oo.run("i", "rm", "").exitCode()).isEqualTo(1);
        assertThat(server.requests()).isEmpty();
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "2026-03-01T12:00:00Z,0s ago",
        "2026-03-01T12:00:09Z,0s ago",
        "2026-03-01T11:59:52.900Z,7s ago",
        "2026-03-01T11:59:01Z,59s ago",
        "2026-03-01T11:59:00Z,1m ago",
        "2026-03-01T11:00:01Z,59m ago",
        "2026-03-01T11:00:00.123456789Z,59m ago",
        "2026-03-01T11:00:00Z,1h ago",
        "2026-02-28T12:00:01Z,23h ago",
        "2026-02-28T12:00:00Z,1d ago",
        "2025-03-01T12:00:00Z,365d ago",
        "0001-01-01T00:00:00Z,''",
        "'',''",
        "yesterday,yesterday",
    })
    void ageIsShownInItsLargestUnit(final String time, final String ago) {
        assertThat(Table.ago(time, CommandLineFixture.NOW)).isEqualTo(ago);
    }
}

package com.onebackend.registry.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FlagsTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                // numbers
                "--port=443                       | {\"port\":443}",
                "--port 443                       | {\"port\":443}",
                "--x=0                            | {\"x\":0}",
                "--x=-5                           | {\"x\":-5}",
                "--x -5                           | {\"x\":-5}",
                "--x=007                          | {\"x\":\"007\"}",
                "--x=+1                           | {\"x\":\"+1\"}",
                "--x=-0                           | {\"x\":\"-0\"}",
                "--x=1.5                          | {\"x\":\"1.5\"}",
                "--x=1e3                          | {\"x\":\"1e3\"}",
                "--x=999999999999999              | {\"x\":999999999999999}",
                "--x=9999999999999999             | {\"x\":\"9999999999999999\"}",
                // texts that look like something else
                "--id=123                         | {\"id\":\"123\"}",
                "--definition.id=123              | {\"definition\":{\"id\":\"123\"}}",
                "--slug=true                      | {\"slug\":\"true\"}",
                "--deploymentId=42                | {\"deploymentId\":\"42\"}",
                "--details={\"a\":1}              | {\"details\":\"{\\\"a\\\":1}\"}",
                "--password=12345                 | {\"password\":\"12345\"}",
                "--host=10                        | {\"host\":\"10\"}",
                "--id=                            | {\"id\":\"\"}",
                // booleans
                "--x=true --y=false               | {\"x\":true,\"y\":false}",
                "--x=t                            | {\"x\":\"t\"}",
                "--x=True --y=FALSE               | {\"x\":\"True\",\"y\":\"FALSE\"}",
                "--force                          | {\"force\":true}",
                "--force --port=1                 | {\"force\":true,\"port\":1}",
                // JSON
                "--tags=[\"a\",\"b\"]             | {\"tags\":[\"a\",\"b\"]}",
                "--x={\"a\":{\"b\":[1,1.50,null]}} | {\"x\":{\"a\":{\"b\":[1,1.50,null]}}}",
                "--x={broken                      | {\"x\":\"{broken\"}",
                "--x=[1]trailing                  | {\"x\":\"[1]trailing\"}",
                "--x={\"id\":123}                 | {\"x\":{\"id\":123}}",
                // nesting
                "--a.b=x                          | {\"a\":{\"b\":\"x\"}}",
                "--a-b=x                          | {\"a\":{\"b\":\"x\"}}",
                "--a.b-c=x                        | {\"a\":{\"b-c\":\"x\"}}",
                "--a.b=1 --a.c=2                  | {\"a\":{\"b\":1,\"c\":2}}",
                "--a={\"b\":1} --a.c=2            | {\"a\":{\"b\":1,\"c\":2}}",
                "--deploymentId=x                 | {\"deploymentId\":\"x\"}",
                // repeated keys
                "--tags=a --tags=b                | {\"tags\":[\"a\",\"b\"]}",
                "--tags=8 --tags=9                | {\"tags\":[\"8\",\"9\"]}",
                "--tags=[\"a\"] --tags=b          | {\"tags\":[\"a\",\"b\"]}",
                "--p=1 --p=2 --p=3                | {\"p\":[1,2,3]}",
                "--o={\"a\":1} --o={\"a\":2}      | {\"o\":[{\"a\":1},{\"a\":2}]}",
                // values with signs of their own
                "--url=http://x:1?a=b             | {\"url\":\"http://x:1?a=b\"}",
                "--x=--y                          | {\"x\":\"--y\"}",
            })
    void flagBecomesJson(final String flags, final String json) {
        assertThat(Json.text(parse(flags.split(" ", -1)).flags().object())).isEqualTo(json);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--a=1 --a.b=2",
                "--a.b=2 --a=1",
                "--a..b=1",
                "--.a=1",
                "--a-=1",
                "--=x",
                "--",
                "--a=1 stray",
                "--id",
                "-x",
                "--env",
                "-e",
                "--a=1 -x"
            })
    void unclearFlagsAreRefused(final String flags) {
        assertThatThrownBy(() -> parse(flags.split(" ", -1)).flags().object())
                .isInstanceOfSatisfying(
                        CliException.class, e -> assertThat(e.exitCode()).isEqualTo(Oo.EXIT_USAGE));
    }

    @Test
    void getFlagsBecomeQueryParameters() {
        final RequestLine line =
                parse("--tag=a", "--tag=b&c", "--nodeUrl=http://x:1", "--id", "007", "--deployment-id=ü", "--all");

        assertThat(line.target(true))
                .isEqualTo("/x?tag=a&tag=b%26c&nodeUrl=http%3A%2F%2Fx%3A1&id=007&deployment-id=%C3%BC&all=true");
    }

    @Test
    void getFlagsContinueAQueryInThePath() {
        assertThat(RequestLine.parse(List.of("/x?slug=a", "--tag=b")).target(true))
                .isEqualTo("/x?slug=a&tag=b");
        assertThat(RequestLine.parse(List.of("/x?", "--tag=b")).target(true)).isEqualTo("/x?tag=b");
    }

    @Test
    void globalOptionsAreNoFields() {
        final RequestLine line = parse("--a=1", "-e", "prod", "--app-host=shop", "--b", "2");

        assertThat(line.environment()).isEqualTo("prod");
        assertThat(line.appHost()).isEqualTo("shop");
        assertThat(Json.text(line.flags().object())).isEqualTo("{\"a\":1,\"b\":2}");
        assertThat(parse("--b=1", "-eprod").environment()).isEqualTo("prod");
        assertThat(parse("--env", "prod", "--a=1").environment()).isEqualTo("prod");
    }

    @Test
    void versionWithAValueIsAField() {
        assertThat(parse("--version=2").asksForVersion()).isFalse();
        assertThat(Json.text(parse("--version", "2").flags().object())).isEqualTo("{\"version\":\"2\"}");
        assertThat(parse("--version").asksForVersion()).isTrue();
    }

    private static RequestLine parse(final String... flags) {
        final List<String> words = new ArrayList<>(List.of("/x"));
        words.addAll(List.of(flags));
        return RequestLine.parse(words);
    }
}

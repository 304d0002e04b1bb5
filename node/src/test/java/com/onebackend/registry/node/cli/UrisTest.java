package com.onebackend.registry.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UrisTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "/a/b                                 | /a/b",
                "a b                                  | /a/b",
                "/a/ /b                               | /a/b",
                "/a?x=1&y=2+3                         | /a?x=1&y=2+3",
                "/a?nodeUrl=http://n:1                | /a?nodeUrl=http://n:1",
                "/a?q=\"x\"                           | /a?q=%22x%22",
                "/a?q=[é]{}^`<>\\                     | /a?q=%5B%C3%A9%5D%7B%7D%5E%60%3C%3E%5C",
                "/a?q=%41%zz%                         | /a?q=%41%25zz%25",
                "/a#b                                 | /a%23b",
                "/registry-svc/node/self              | /registry-svc/node/self",
                "/registry-svc/node/http://x:11337    | /registry-svc/node/http%3A%2F%2Fx%3A11337",
                "/registry-svc/node http://x:1        | /registry-svc/node/http%3A%2F%2Fx%3A1",
                "/registry-svc/node/http://x/a?force=true | /registry-svc/node/http%3A%2F%2Fx%2Fa?force=true",
                "/registry-svc/node/http%3A%2F%2Fx    | /registry-svc/node/http%3A%2F%2Fx",
                "/web-svc/fetch/http://x/a            | /web-svc/fetch/http://x/a",
            })
    void typedPathBecomesTarget(final String typed, final String target) {
        assertThat(Uris.target(List.of(typed.split(" ", -1)))).isEqualTo(target);
    }

    @Test
    void blanksAreEscaped() {
        assertThat(Uris.target(List.of("/a|b"))).isEqualTo("/a%7Cb");
        assertThat(Uris.target(List.of("/a b?c=d e"))).isEqualTo("/a%20b?c=d%20e");
        assertThat(Uris.target(List.of("/a\r\nX: y"))).isEqualTo("/a%0D%0AX:%20y");
    }

    @Test
    void segmentEscapesEverySeparator() {
        assertThat(Uris.segment("a/b?c%d&é ~")).isEqualTo("a%2Fb%3Fc%25d%26%C3%A9%20~");
    }

    @ParameterizedTest
    @CsvSource({
        "http://a:1,http://a:1",
        "http://a:1/,http://a:1",
        "HTTP://A.Example:1,http://a.example:1",
        "a:1,http://a:1",
        "https://a/registry/,https://a/registry",
        "http://[::1]:80,http://[::1]:80",
    })
    void serverUrlIsNormalised(final String typed, final String url) {
        assertThat(Target.normalise(typed)).isEqualTo(url);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ftp://a", "http://", "http://user:pw@a", "http://a?x=y", "http://a:port"})
    void otherUrlsAreRefused(final String typed) {
        assertThatThrownBy(() -> Target.normalise(typed)).isInstanceOf(CliException.class);
    }
}

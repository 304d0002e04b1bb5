package com.onebackend.registry.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UrlTextTest {
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                // text, scheme, user, host, port, path, suffix
                "http://host, http, '', host, 0, '', ''",
                "http://host:8080, http, '', host, 8080, '', ''",
                "https://Host.example:1/, https, '', Host.example, 1, /, ''",
                "http://host/a/b?x=1#y, http, '', host, 0, /a/b, ?x=1#y",
                "http://host?x=/1, http, '', host, 0, '', ?x=/1",
                "http://host#frag, http, '', host, 0, '', #frag",
                "http://10.0.0.7:58231, http, '', 10.0.0.7, 58231, '', ''",
                "http://[::1]:80/x, http, '', ::1, 80, /x, ''",
                "http://[2001:db8::7], http, '', 2001:db8::7, 0, '', ''",
                "http://[fe80::1%eth0]:9, http, '', fe80::1%eth0, 9, '', ''",
                "http://[::ffff:10.0.0.1], http, '', ::ffff:10.0.0.1, 0, '', ''",
                "http://user:pa@ss@host:1, http, user:pa@ss, host, 1, '', ''",
                "redis+tls://cache_1:6379/0, redis+tls, '', cache_1, 6379, /0, ''",
                "http://host//a//b, http, '', host, 0, //a//b, ''",
                "http://host:65535, http, '', host, 65535, '', ''",
            })
    void urlIsTakenApartAndPutTogether(
            final String text,
            final String scheme,
            final String user,
            final String host,
            final int port,
            final String path,
            final String suffix) {
        final UrlText url = UrlText.parse(text).orElseThrow();
        assertThat(url).isEqualTo(new UrlText(scheme, user, host, port, path, suffix));
        assertThat(url.text()).isEqualTo(text);
        assertThat(url).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host",
                "host:80",
                "//host",
                "://host",
                "http:/host",
                "http://",
                "http:///path",
                "http://:80",
                "http://@",
                "http://user@",
                "http://host:",
                "http://host:0",
                "http://host:65536",
                "http://host:-1",
                "http://host:8x",
                "http://host:000080",
                "http://host:99999999999",
                "1http://host",
                "ht tp://host",
                "http://ho st",
                "http://host/a b",
                "http://host/\t",
                "http://host/\u00a0",
                "http://host\u0000",
                "http://[::1",
                "http://[::1]80",
                "http://[::1]x:80",
                "http://[]",
                "http://[1]",
                "http://[zz::1]",
                "http://[::1%]",
                "http://a:b:1",
                "http://.host",
                "http://a..b",
                "http://h\u00f6st",
                "http://a%2fb",
                "-",
                "http://h,o"
            })
    void malformedUrlIsEmpty(final String text) {
        assertThat(UrlText.parse(text)).isEmpty();
        assertThat(UrlText.normalise(text)).isEqualTo(text);
    }

    @Test
    void tooLongUrlIsMalformed() {
        final String longest = "http://h/" + "x".repeat(UrlText.CHARS_MAX - 9);
        assertThat(UrlText.parse(longest)).isPresent();
        assertThat(UrlText.parse(longest + "x")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP://Node1.Example:11337/, http://node1.example:11337",
        "http://node1:11337, http://node1:11337",
        "http://node1//, http://node1",
        "http://node1/A/, http://node1/A",
        "http://node1/A/?q=B/, http://node1/A?q=B/",
        "http://[2001:DB8::7]:1/, http://[2001:db8::7]:1",
        "http://User@Host, http://User@host",
        "node-7, node-7",
    })
    void normalisedFormDiffersInCaseOfSchemeAndHostAndTrailingSlashOnly(final String text, final String expected) {
        assertThat(UrlText.normalise(text)).isEqualTo(expected);
        assertThat(UrlText.normalise(expected)).isEqualTo(expected);
    }

    @Test
    void hostIsComparedInLowerCaseWithoutBrackets() {
        assertThat(UrlText.normaliseHost("[::A]")).isEqualTo("::a");
        assertThat(UrlText.normaliseHost("HOST")).isEqualTo("host");
        assertThat(UrlText.normaliseHost("")).isEmpty();
    }

    @Test
    void portHasTheDefaultOfItsScheme() {
        assertThat(UrlText.parse("http://h").orElseThrow().portOrDefault()).isEqualTo(80);
        assertThat(UrlText.parse("WSS://h").orElseThrow().portOrDefault()).isEqualTo(443);
        assertThat(UrlText.parse("https://h:5").orElseThrow().portOrDefault()).isEqualTo(5);
        assertThat(UrlText.parse("tcp://h").orElseThrow().portOrDefault()).isZero();
    }

    @Test
    void urlIsBuiltFromItsParts() {
        assertThat(UrlText.of("http", "h", 80).text()).isEqualTo("http://h:80");
        assertThat(UrlText.of("https", "::1", 0).text()).isEqualTo("https://[::1]");
        assertThat(UrlText.of("HTTP", "h", 0).isHttp()).isTrue();
        assertThat(UrlText.of("tcp", "h", 0).isHttp()).isFalse();
    }
}

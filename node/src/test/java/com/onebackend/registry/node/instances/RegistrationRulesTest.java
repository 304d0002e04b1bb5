package com.onebackend.registry.node.instances;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.api.RegisterInstance;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegistrationRulesTest {
    private static final String SELF = "http://node-1:11337";

    @Test
    void aUrlAloneGivesSchemeHostPortAndPath() {
        final Part.Registration made = merge(request("", "http://user-service:8080/v1", "", "", "", 0, ""), null);

        assertThat(made.scheme()).isEqualTo("http");
        assertThat(made.host()).isEqualTo("user-service");
        assertThat(made.port()).isEqualTo(8_080);
        assertThat(made.path()).isEqualTo("/v1");
        assertThat(made.nodeUrl()).isEqualTo(SELF);
    }

    @ParameterizedTest
    @CsvSource({
        "https, api.example.com, '', 443, /v1, https://api.example.com:443/v1",
        "http, '', 192.0.2.7, 8080, '', http://192.0.2.7:8080",
        "'', '', 192.0.2.7, 8080, x, http://192.0.2.7:8080/x",
        "http, '', 2001:db8::1, 80, '', http://[2001:db8::1]:80",
    })
    void partsAloneGiveTheUrl(
            final String scheme,
            final String host,
            final String ip,
            final int port,
            final String path,
            final String url) {
        assertThat(merge(request("", "", scheme, host, ip, port, path), null).url())
                .isEqualTo(url);
    }

    @ParameterizedTest
    @ValueSource(strings = {"999.1.1.1", "192.0.2", "192.0.2.1.5", "192.0.2.1.", "a-name", "::zz"})
    void ipThatIsNoAddressIsRefused(final String ip) {
        assertThatThrownBy(() -> RegistrationRules.check(request("", "", "http", "", ip, 80, "")))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("ip is not");
    }

    @Test
    void aUrlWithAPasswordIsRefused() {
        assertThatThrownBy(() -> merge(request("", "http://user:secret@a:1", "", "", "", 0, ""), null))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("password")
                .hasMessageNotContaining("secret");
    }

    @Test
    void whatAnUpdateLeavesOutIsKept() {
        final Part.Registration before = merge(request("inst_1", "http://a:1", "", "", "", 0, ""), null);
        final Part.Registration after = merge(request("inst_1", "", "", "", "", 0, ""), before);

        assertThat(after).isEqualTo(before);
    }

    @Test
    void withoutAnyAddressANewInstanceIsRefused() {
        assertThatThrownBy(() -> merge(request("inst_1", "", "http", "", "", 80, ""), null))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("needs a url");
    }

    @ParameterizedTest
    @CsvSource({
        "'a b', http://a:1, '', '', 0, id",
        "'', 'http://a b:1', '', '', 0, url",
        "'', http://a:1, HTTP!, '', 0, scheme",
        "'', http://a:1, '', 'x/y', 0, host",
        "'', http://a:1, '', '', 70000, port",
        "'', http://a:1, '', '', -1, port",
    })
    void aBadFieldIsNamed(
            final String id,
            final String url,
            final String scheme,
            final String host,
            final int port,
            final String field) {
        assertThatThrownBy(() -> RegistrationRules.check(request(id, url, scheme, host, "", port, "")))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining(field);
    }

    @Test
    void theGeneratedIdIsAFunctionOfSlugAndUrl() {
        assertThat(InstanceId.of("a", "http://x:1"))
                .isEqualTo(InstanceId.of("a", "http://x:1"))
                .matches("inst_[0-9A-Za-z]{10,22}")
                .isNotEqualTo(InstanceId.of("b", "http://x:1"))
                .isNotEqualTo(InstanceId.of("a", "http://x:2"));
        // The separator keeps pairs apart whose texts run together the same.
        assertThat(InstanceId.of("ab", "c")).isNotEqualTo(InstanceId.of("a", "bc"));
    }

    private static Part.Registration merge(final RegisterInstance request, final Part.Registration before) {
        return RegistrationRules.merge(request, "slug", before, SELF, Stamp.ZERO);
    }

    private static RegisterInstance request(
            final String id,
            final String url,
            final String scheme,
            final String host,
            final String ip,
            final int port,
            final String path) {
        return new RegisterInstance(id, "", url, scheme, host, ip, port, path, "", "", List.of("t"), null, "");
    }
}

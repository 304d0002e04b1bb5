package com.onebackend.registry.directory;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import java.util.List;
import org.junit.jupiter.api.Test;

class InstanceQueryTest {
    private static final Instance FULL = Instances.of(
            "i1",
            new Part.Registration(
                    "shop",
                    "HTTP://Web1.example:8080/api?x=1",
                    "",
                    "Alias",
                    "10.0.0.1",
                    0,
                    "",
                    "d1",
                    "http://N1:1/",
                    List.of("blue", "gpu"),
                    Stamp.ZERO));

    @Test
    void emptyQueryMatchesEverything() {
        assertThat(InstanceQuery.ALL.matches(FULL)).isTrue();
        assertThat(InstanceQuery.ALL.matches(Instances.of("x", "", "no url"))).isTrue();
    }

    @Test
    void hostMatchesTheFieldAndTheHostInsideTheUrl() {
        assertThat(Instances.byHost("alias").matches(FULL)).isTrue();
        assertThat(Instances.byHost("WEB1.example").matches(FULL)).isTrue();
        assertThat(Instances.byHost("web1").matches(FULL)).isFalse();
        assertThat(Instances.byHost("example").matches(FULL)).isFalse();
        final Instance ipv6 = Instances.of("v6", "s", "http://[2001:DB8::7]:80/");
        assertThat(Instances.byHost("2001:db8::7").matches(ipv6)).isTrue();
        assertThat(Instances.byHost("[2001:db8::7]").matches(ipv6)).isTrue();
    }

    @Test
    void nodeUrlIsComparedNormalised() {
        assertThat(Instances.byNode("HTTP://n1:1").matches(FULL)).isTrue();
        assertThat(Instances.byNode("http://n1:1/").matches(FULL)).isTrue();
        assertThat(Instances.byNode("http://n1:2").matches(FULL)).isFalse();
        assertThat(Instances.byNode("http://n1").matches(FULL)).isFalse();
    }

    @Test
    void schemePortAndPathAreThoseOfTheUrlWhenNotDeclared() {
        assertThat(query("", "http", 0, "").matches(FULL)).isTrue();
        assertThat(query("", "https", 0, "").matches(FULL)).isFalse();
        assertThat(query("", "", 8080, "").matches(FULL)).isTrue();
        assertThat(query("", "", 80, "").matches(FULL)).isFalse();
        assertThat(query("", "", 0, "/api").matches(FULL)).isTrue();
        assertThat(query("", "", 0, "/").matches(FULL)).isFalse();
        assertThat(query("", "", 80, "").matches(Instances.of("x", "s", "http://h")))
                .isTrue();
    }

    @Test
    void declaredSchemePortAndPathCount() {
        final Instance declared = Instances.of(
                "i",
                new Part.Registration("s", "http://h:1/u", "grpc", "h", "", 9, "/p", "", "", List.of(), Stamp.ZERO));
        assertThat(query("", "grpc", 9, "/p").matches(declared)).isTrue();
        assertThat(query("", "http", 0, "").matches(declared)).isFalse();
        assertThat(query("", "", 1, "").matches(declared)).isFalse();
        assertThat(query("", "", 0, "/u").matches(declared)).isFalse();
    }

    @Test
    void ipMatchesTheField() {
        assertThat(query("10.0.0.1", "", 0, "").matches(FULL)).isTrue();
        assertThat(query("10.0.0.2", "", 0, "").matches(FULL)).isFalse();
    }

    @Test
    void everyTagMustBeThere() {
        assertThat(tags("gpu").matches(FULL)).isTrue();
        assertThat(tags("gpu", "blue").matches(FULL)).isTrue();
        assertThat(tags("gpu", "red").matches(FULL)).isFalse();
    }

    @Test
    void conditionsAreAnded() {
        final InstanceQuery both = new InstanceQuery(
                "i1",
                "shop",
                "alias",
                "10.0.0.1",
                "http",
                8080,
                "/api",
                "d1",
                "http://n1:1",
                InstanceStatus.HEALTHY,
                List.of("blue"),
                "shop");
        assertThat(both.matches(FULL)).isTrue();
        assertThat(both.matches(Instances.withStatus(FULL, InstanceStatus.UNHEALTHY)))
                .isFalse();
        assertThat(both.matches(Instances.of("i1", "shop", "http://other"))).isFalse();
        assertThat(Instances.byId("i2").matches(FULL)).isFalse();
        assertThat(Instances.byDeployment("d2").matches(FULL)).isFalse();
        assertThat(InstanceQuery.ofSlug("other").matches(FULL)).isFalse();
    }

    @Test
    void instanceOfAnotherSlugIsInvisible() {
        assertThat(visible("shop").matches(FULL)).isTrue();
        assertThat(visible("cart").matches(FULL)).isFalse();
        assertThat(visible("").matches(FULL)).isFalse();
        assertThat(visible("").matches(Instances.of("x", "", "http://h"))).isTrue();
    }

    private static InstanceQuery visible(final String slug) {
        return new InstanceQuery("", "", "", "", "", 0, "", "", "", null, List.of(), slug);
    }

    private static InstanceQuery tags(final String... tags) {
        return new InstanceQuery("", "", "", "", "", 0, "", "", "", null, List.of(tags), null);
    }

    private static InstanceQuery query(final String ip, final String scheme, final int port, final String path) {
        return new InstanceQuery("", "", "", ip, scheme, port, path, "", "", null, List.of(), null);
    }
}

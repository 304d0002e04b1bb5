package com.onebackend.registry.gateway.rest;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryApi;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.gateway.http.Answer;
import com.onebackend.registry.gateway.http.Exchange;
import java.util.function.Supplier;

/** How fresh a read of the catalog must be. */
final class Consistency {
    /** The query parameter. */
    static final String PARAMETER = "consistency";

    private Consistency() {}

    /**
     * Answers with what {@code read} gives: at once, or after the catalog caught up for {@code
     * ?consistency=strong}.
     */
    static void read(final RegistryApi api, final Exchange exchange, final Supplier<Answer> read) {
        final String wanted = exchange.query().one(PARAMETER);
        if (wanted.isEmpty() || wanted.equals("local")) {
            exchange.answer(read.get());
        } else if (wanted.equals("strong")) {
            api.awaitCatalog(exchange.reply(index -> read.get()));
        } else {
            throw new RegistryException(
                    ErrorCode.INVALID, "The query parameter 'consistency' must be 'local' or 'strong'.");
        }
    }
}

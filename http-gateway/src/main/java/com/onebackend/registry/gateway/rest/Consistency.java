package com.onebackend.registry.gateway.rest;

import com.onebackend.registry.api.CatalogPosition;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryApi;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.gateway.http.Answer;
import com.onebackend.registry.gateway.http.Exchange;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** How fresh a read of the catalog must be, and what its answer tells of it. */
final class Consistency {
    /** The query parameter. */
    static final String PARAMETER = "consistency";
    /** The Raft index an answer shows at least. */
    static final String INDEX = "X-Catalog-Index";
    /** Milliseconds since the node last knew that it shows everything; absent when it never did. */
    static final String AGE = "X-Catalog-Age-Millis";
    /** {@code true} when that is long ago; absent otherwise. */
    static final String STALE = "X-Catalog-Stale";

    private Consistency() {}

    /**
     * Answers with what {@code read} gives: at once, or after the catalog caught up for {@code
     * ?consistency=strong}.
     */
    static void read(final RegistryApi api, final Exchange exchange, final Supplier<Answer> read) {
        decide(api, exchange, told -> exchange.answer(told.apply(read.get())));
    }

    /**
     * Has {@code answer} called, now or when the catalog caught up: it reads, and sends what it is given makes of its
     * answer. The index told is from before the read, so that what is read is as new at least.
     */
    static void decide(final RegistryApi api, final Exchange exchange, final Consumer<UnaryOperator<Answer>> answer) {
        final String wanted = exchange.query().one(PARAMETER);
        if (wanted.isEmpty() || wanted.equals("local")) {
            answer.accept(telling(api.catalogPosition()));
        } else if (wanted.equals("strong")) {
            api.awaitCatalog(exchange.replyThen(index -> answer.accept(telling(
                    new CatalogPosition(Math.max(index, api.catalogPosition().index()), 0)))));
        } else {
            throw new RegistryException(
                    ErrorCode.INVALID, "The query parameter 'consistency' must be 'local' or 'strong'.");
        }
    }

    private static UnaryOperator<Answer> telling(final CatalogPosition position) {
        return answer -> {
            Answer told = answer.with(INDEX, Long.toString(position.index()));
            if (position.hasAge()) {
                told = told.with(AGE, Long.toString(position.ageMillis()));
            }
            return position.isStale() ? told.with(STALE, "true") : told;
        };
    }
}

package com.onebackend.registry.node;

import com.onebackend.registry.node.gossip.GossipFigures;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Figures that a test makes up. Each is named by its path through the records, such as {@code
 * counters.heartbeats.kept}; one by reason has the reason last. Lists are empty.
 */
final class SampleFigures {
    private SampleFigures() {}

    /** Everything is 0 or false, but for these. */
    static GossipFigures with(final Map<String, Long> figures) {
        final Map<String, Long> left = new LinkedHashMap<>(figures);
        final GossipFigures made = of(path -> {
            final Long value = left.remove(path);
            return value == null ? 0 : value;
        });
        if (!left.isEmpty()) {
            throw new IllegalArgumentException("there are no figures " + left.keySet());
        }
        return made;
    }

    /** @param value of the figure at a path; a flag is set when it is not 0 */
    static GossipFigures of(final ToLongFunction<String> value) {
        return (GossipFigures) record(GossipFigures.class, "", value);
    }

    private static Object record(final Class<?> type, final String path, final ToLongFunction<String> value) {
        final RecordComponent[] components = type.getRecordComponents();
        final Class<?>[] types = new Class<?>[components.length];
        final Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            final String inner = (path.isEmpty() ? "" : path + ".") + components[i].getName();
            values[i] = component(types[i], components[i].getGenericType(), inner, value);
        }
        try {
            final Constructor<?> constructor = type.getDeclaredConstructor(types);
            return constructor.newInstance(values);
        } catch (final ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object component(
            final Class<?> type, final Type generic, final String path, final ToLongFunction<String> value) {
        if (type == long.class) {
            return value.applyAsLong(path);
        } else if (type == int.class) {
            return Math.toIntExact(value.applyAsLong(path));
        } else if (type == boolean.class) {
            return value.applyAsLong(path) != 0;
        } else if (type == List.class) {
            return List.of();
        } else if (type == Map.class) {
            final Map<Object, Long> byReason = new LinkedHashMap<>();
            final Type reason = ((ParameterizedType) generic).getActualTypeArguments()[0];
            for (final Object constant : ((Class<?>) reason).getEnumConstants()) {
                byReason.put(constant, value.applyAsLong(path + "." + constant));
            }
            return byReason;
        }
        return record(type, path, value);
    }
}

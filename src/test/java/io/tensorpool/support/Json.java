package io.tensorpool.support;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * A JSON document as a tree, for tests that read one. Integers keep their full size; members keep their order. Every
 * accessor throws {@link IllegalStateException} with the place in the document when it finds another kind of value.
 */
public final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final Object NULL = new Object();

    private final String path;
    private final Object value;

    private Json(final String path, final Object value) {
        this.path = path;
        this.value = value;
    }

    /** The document in a file. */
    public static Json read(final Path file) {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), file)) {
            return document(parser);
        }
    }

    /** The document in a text. */
    public static Json parse(final String text) {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            return document(parser);
        }
    }

    /** Member of an object; fails if there is none of that name. */
    public Json get(final String name) {
        final Json member = asObject().get(name);
        if (member == null) {
            throw new IllegalStateException(path + " has no member '" + name + "', only " + names());
        }
        return member;
    }

    /** Whether an object has a member of that name, null or not. */
    public boolean has(final String name) {
        return asObject().containsKey(name);
    }

    /** Names of the members of an object, in the order of the document. */
    public Set<String> names() {
        return asObject().keySet();
    }

    /** Element of an array. */
    public Json get(final int index) {
        return elements().get(index);
    }

    /** Elements of an array. */
    @SuppressWarnings("unchecked")
    public List<Json> elements() {
        return (List<Json>) as(List.class, "an array");
    }

    /** A string. */
    public String text() {
        return as(String.class, "a string");
    }

    /** An integer of any size. */
    public BigInteger integer() {
        return as(BigInteger.class, "an integer");
    }

    /** An integer that fits in an int. */
    public int intValue() {
        return integer().intValueExact();
    }

    /** An integer of at most 64 bits, signed or unsigned, as its bit pattern. */
    public long longBits() {
        final BigInteger integer = integer();
        if (integer.bitLength() > Long.SIZE) {
            throw new IllegalStateException(path + " is " + integer + ", more than 64 bits");
        }
        return integer.longValue();
    }

    /** A number with or without a fraction. */
    public double doubleValue() {
        return value instanceof BigInteger integer
                ? integer.doubleValue()
                : as(BigDecimal.class, "a number").doubleValue();
    }

    /** A truth value. */
    public boolean bool() {
        return as(Boolean.class, "true or false");
    }

    public boolean isNull() {
        return value == NULL;
    }

    public boolean isText() {
        return value instanceof String;
    }

    public boolean isArray() {
        return value instanceof List;
    }

    public boolean isObject() {
        return value instanceof Map;
    }

    @Override
    public String toString() {
        return path + " = " + (isNull() ? "null" : value);
    }

    @SuppressWarnings("unchecked")
    private Map<String, Json> asObject() {
        return (Map<String, Json>) as(Map.class, "an object");
    }

    private <T> T as(final Class<T> type, final String expected) {
        if (!type.isInstance(value)) {
            throw new IllegalStateException(this + ", expected " + expected);
        }
        return type.cast(value);
    }

    private static Json document(final JsonParser parser) {
        final Json document = node(parser, parser.nextToken(), "$");
        final JsonToken after = parser.nextToken();
        if (after != null) {
            throw new IllegalStateException("one document expected, found " + after + " after it");
        }
        return document;
    }

    private static Json node(final JsonParser parser, final JsonToken token, final String path) {
        final Object value = switch (token) {
            case START_OBJECT -> object(parser, path);
            case START_ARRAY -> array(parser, path);
            case VALUE_STRING -> parser.getString();
            case VALUE_NUMBER_INT -> parser.getBigIntegerValue();
            case VALUE_NUMBER_FLOAT -> parser.getDecimalValue();
            case VALUE_TRUE -> Boolean.TRUE;
            case VALUE_FALSE -> Boolean.FALSE;
            case VALUE_NULL -> NULL;
            default -> throw new IllegalStateException(path + " starts with " + token);
        };
        return new Json(path, value);
    }

    private static Map<String, Json> object(final JsonParser parser, final String path) {
        final Map<String, Json> members = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            final String name = parser.currentName();
            final Json previous = members.put(name, node(parser, parser.nextToken(), path + "." + name));
            if (previous != null) {
                throw new IllegalStateException(path + " has '" + name + "' twice");
            }
        }
        return members;
    }

    private static List<Json> array(final JsonParser parser, final String path) {
        final List<Json> elements = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            elements.add(node(parser, token, path + "[" + elements.size() + "]"));
        }
        return elements;
    }
}

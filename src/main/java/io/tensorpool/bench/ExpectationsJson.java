package io.tensorpool.bench;

import io.tensorpool.TensorPoolException;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.PrettyPrinter;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultPrettyPrinter;

/** Expectations as JSON: an object with an array of objects. Written so that people can read it, and change it. */
final class ExpectationsJson {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final String ROOT = "expectations";
    private static final String HIGHER = "higher";
    private static final String LOWER = "lower";
    private static final MathContext DIGITS = new MathContext(4);

    private final JsonParser parser;

    private ExpectationsJson(final JsonParser parser) {
        this.parser = parser;
    }

    static String write(final List<Expectation> expectations) {
        final StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(new Indented(), text)) {
            json.writeStartObject();
            json.writeArrayPropertyStart(ROOT);
            for (final Expectation expectation : expectations) {
                json.writeStartObject();
                json.writeStringProperty("name", expectation.name());
                write(json, "numerator", expectation.numerator());
                write(json, "denominator", expectation.denominator());
                json.writeNumberProperty("ratio", rounded(expectation.ratio()));
                json.writeStringProperty("better", expectation.isHigherBetter() ? HIGHER : LOWER);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        return text + "\n";
    }

    private static void write(final JsonGenerator json, final String name, final Reference reference) {
        json.writeObjectPropertyStart(name);
        json.writeStringProperty("experiment", reference.experiment());
        json.writeStringProperty("subject", reference.subject());
        json.writeObjectPropertyStart("settings");
        reference.settings().forEach(json::writeStringProperty);
        json.writeEndObject();
        json.writeStringProperty("figure", reference.figure());
        json.writeEndObject();
    }

    /** More digits than these say nothing. */
    private static double rounded(final double ratio) {
        return new BigDecimal(ratio).round(DIGITS).doubleValue();
    }

    static List<Expectation> read(final String text) {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            return new ExpectationsJson(parser).document();
        } catch (final JacksonException ex) {
            throw new TensorPoolException("no JSON: " + ex.getMessage(), ex);
        }
    }

    private List<Expectation> document() {
        require(JsonToken.START_OBJECT, parser.nextToken(), "an object");
        parser.nextToken();
        if (!ROOT.equals(parser.currentName())) {
            throw wrong("expected one member, '" + ROOT + "'");
        }
        require(JsonToken.START_ARRAY, parser.nextToken(), "an array of expectations");
        final List<Expectation> all = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            require(JsonToken.START_OBJECT, parser.currentToken(), "an object");
            final SortedMap<String, String> members = new TreeMap<>();
            flatten("", members);
            all.add(expectation(members));
        }
        require(JsonToken.END_OBJECT, parser.nextToken(), "the end of the object");
        if (parser.nextToken() != null) {
            throw wrong("expected nothing after the object");
        }
        if (all.isEmpty()) {
            throw wrong("expected at least one expectation");
        }
        return all;
    }

    /** Members of members under both their names, joined by a dot. */
    private void flatten(final String prefix, final Map<String, String> members) {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            final String name = prefix + parser.currentName();
            switch (parser.nextToken()) {
                case START_OBJECT -> flatten(name + '.', members);
                case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                    if (members.put(name, parser.getString()) != null) {
                        throw wrong("'" + name + "' is there twice");
                    }
                }
                default -> throw wrong("'" + name + "': expected a text, a number or an object");
            }
        }
    }

    private Expectation expectation(final SortedMap<String, String> members) {
        final String name = take(members, "name");
        final Reference numerator = reference(members, "numerator.");
        final Reference denominator = reference(members, "denominator.");
        final String ratio = take(members, "ratio");
        final String better = take(members, "better");
        if (!members.isEmpty()) {
            throw wrong("expectation '" + name + "' has members that are unknown: " + members.keySet());
        }
        if (!(Figures.number(ratio) > 0)) {
            throw wrong("expectation '" + name + "': ratio " + ratio + ", expected a number above 0");
        }
        if (!better.equals(HIGHER) && !better.equals(LOWER)) {
            throw wrong("expectation '" + name + "': better '" + better + "', expected '" + HIGHER + "' or '" + LOWER
                    + "'");
        }
        return new Expectation(name, numerator, denominator, Figures.number(ratio), better.equals(HIGHER));
    }

    private Reference reference(final SortedMap<String, String> members, final String prefix) {
        final SortedMap<String, String> settings = new TreeMap<>();
        final String ofSettings = prefix + "settings.";
        members.forEach((name, value) -> {
            if (name.startsWith(ofSettings)) {
                settings.put(name.substring(ofSettings.length()), value);
            }
        });
        members.keySet().removeIf(name -> name.startsWith(ofSettings));
        return new Reference(
                take(members, prefix + "experiment"),
                take(members, prefix + "subject"),
                settings,
                take(members, prefix + "figure"));
    }

    private String take(final SortedMap<String, String> members, final String name) {
        final String value = members.remove(name);
        if (value == null) {
            throw wrong("an expectation has no '" + name + "'");
        }
        return value;
    }

    private void require(final JsonToken expected, final JsonToken found, final String what) {
        if (found != expected) {
            throw wrong("expected " + what);
        }
    }

    private TensorPoolException wrong(final String what) {
        return new TensorPoolException("line " + parser.currentTokenLocation().getLineNr() + ": " + what);
    }

    /** A context that has the generator write on many lines. */
    private static final class Indented extends ObjectWriteContext.Base {
        @Override
        public boolean hasPrettyPrinter() {
            return true;
        }

        @Override
        public PrettyPrinter getPrettyPrinter() {
            return new DefaultPrettyPrinter();
        }
    }
}

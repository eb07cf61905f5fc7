package io.tensorpool.conformance;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Locale;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Calls generated encoders and decoders by name, since one test walks all of them. */
final class Codec {
    static final int MESSAGE_HEADER_BYTES = 8;

    private Codec() {}

    /** A generated {@code <message>Decoder} wrapped behind a message header of the same schema. */
    static Object wrapDecoder(final SchemaDocument schema, final String message, final DirectBuffer buffer) {
        final Object header = create(schema, "MessageHeaderDecoder");
        return call(create(schema, message + "Decoder"), "wrapAndApplyHeader", buffer, 0, header);
    }

    /** A generated {@code <message>Encoder} that has written a message header. */
    static Object wrapEncoder(final SchemaDocument schema, final String message, final MutableDirectBuffer buffer) {
        final Object header = create(schema, "MessageHeaderEncoder");
        return call(create(schema, message + "Encoder"), "wrapAndApplyHeader", buffer, 0, header);
    }

    static Object create(final SchemaDocument schema, final String simpleName) {
        try {
            return Class.forName(schema.packageName() + "." + simpleName)
                    .getConstructor()
                    .newInstance();
        } catch (final ReflectiveOperationException ex) {
            throw new IllegalStateException("no generated class " + schema.packageName() + "." + simpleName, ex);
        }
    }

    /** Calls the method of that name which takes these arguments, static or not. */
    static Object call(final Object codec, final String method, final Object... arguments) {
        return invoke(find(codec, method, arguments), codec, arguments);
    }

    static int callInt(final Object codec, final String method, final Object... arguments) {
        return ((Number) call(codec, method, arguments)).intValue();
    }

    static boolean has(final Object codec, final String method, final Class<?>... parameterTypes) {
        return Arrays.stream(codec.getClass().getMethods())
                .anyMatch(m -> m.getName().equals(method) && Arrays.equals(m.getParameterTypes(), parameterTypes));
    }

    /** Calls a setter whose last parameter takes the number; the number must fit it, as unsigned where it is 64 bits. */
    static void set(final Object encoder, final String setter, final BigInteger value) {
        final Method method = setter(encoder, setter, 1);
        invoke(method, encoder, narrow(value, method.getParameterTypes()[0]));
    }

    /** Calls the setter of one element of a fixed-length array. */
    static void setElement(final Object encoder, final String setter, final int index, final BigInteger value) {
        final Method method = setter(encoder, setter, 2);
        invoke(method, encoder, index, narrow(value, method.getParameterTypes()[1]));
    }

    /** Calls the setter of an enum field with the constant of that name. */
    static void setEnum(final Object encoder, final String setter, final String constant) {
        final Method method = setter(encoder, setter, 1);
        invoke(method, encoder, enumConstant(method.getParameterTypes()[0], constant));
    }

    static boolean takesEnum(final Object encoder, final String setter) {
        return setter(encoder, setter, 1).getParameterTypes()[0].isEnum();
    }

    static String capitalised(final String name) {
        return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    }

    private static Object enumConstant(final Class<?> type, final String constant) {
        return Arrays.stream(type.getEnumConstants())
                .filter(candidate -> ((Enum<?>) candidate).name().equals(constant))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(type + " has no constant " + constant));
    }

    private static Object narrow(final BigInteger value, final Class<?> type) {
        if (type == long.class) {
            if (value.bitLength() > Long.SIZE) {
                throw new IllegalStateException(value + " has more than 64 bits");
            }
            return value.longValue();
        }
        if (type == int.class) {
            return value.intValueExact();
        }
        if (type == short.class) {
            return value.shortValueExact();
        }
        throw new IllegalStateException("no setter takes a " + type);
    }

    private static Method setter(final Object encoder, final String name, final int parameters) {
        return Arrays.stream(encoder.getClass().getMethods())
                .filter(method -> method.getName().equals(name) && method.getParameterCount() == parameters)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(encoder.getClass() + " has no setter " + name));
    }

    private static Method find(final Object codec, final String name, final Object... arguments) {
        return Arrays.stream(codec.getClass().getMethods())
                .filter(method -> method.getName().equals(name) && accepts(method.getParameterTypes(), arguments))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        codec.getClass() + " has no method " + name + " for " + Arrays.toString(arguments)));
    }

    private static boolean accepts(final Class<?>[] types, final Object[] arguments) {
        if (types.length != arguments.length) {
            return false;
        }
        for (int i = 0; i < types.length; i++) {
            if (!types[i].isInstance(arguments[i]) && !(types[i] == int.class && arguments[i] instanceof Integer)) {
                return false;
            }
        }
        return true;
    }

    private static Object invoke(final Method method, final Object codec, final Object... arguments) {
        try {
            return method.invoke(codec, arguments);
        } catch (final InvocationTargetException ex) {
            throw new IllegalStateException(method + " failed: " + ex.getCause(), ex.getCause());
        } catch (final IllegalAccessException ex) {
            throw new IllegalStateException(method + " is not accessible", ex);
        }
    }
}

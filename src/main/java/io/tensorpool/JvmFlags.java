package io.tensorpool;

/** The flags without which Aeron and Agrona fail with an obscure error; asked for when a context is concluded. */
public final class JvmFlags {
    /** Needed by Agrona. */
    public static final String ADD_OPENS = "--add-opens java.base/jdk.internal.misc=ALL-UNNAMED";
    /** Needed for our own calls of the C library; without it the JVM prints a warning, and later ones refuse. */
    public static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

    private static final String AGRONA_PACKAGE = "jdk.internal.misc";

    private JvmFlags() {}

    /**
     * Checks the running JVM. Touches no class of Agrona.
     *
     * @throws ConfigurationException if {@link #ADD_OPENS} is missing.
     */
    public static void check() {
        check(JvmFlags.class.getClassLoader().getUnnamedModule());
    }

    /** Agrona is in the unnamed module of its class loader unless somebody made modules of the jars. */
    static void check(final Module user) {
        if (!Object.class.getModule().isOpen(AGRONA_PACKAGE, user)) {
            throw new ConfigurationException("the JVM was started without " + ADD_OPENS + ": add it (and "
                    + NATIVE_ACCESS + ") to the java command");
        }
    }
}

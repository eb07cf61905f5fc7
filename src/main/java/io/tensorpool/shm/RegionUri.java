package io.tensorpool.shm;

import io.tensorpool.RegionException;

/**
 * Where a region's file is, as messages carry it:
 *
 * <pre>
 *   shm-uri  = "shm:file?path=" abs-path ["|" "require_hugepages=" bool]
 *   abs-path = 1*( VCHAR except "?" and "|" and SP )
 *   bool     = "true" / "false"
 * </pre>
 *
 * Wire specification 15.22. Nothing else is accepted: no other scheme, parameter or order. Beyond the grammar a path
 * must have no empty, {@code .} or {@code ..} part. Immutable.
 */
public final class RegionUri {
    private static final String PREFIX = "shm:file?";
    private static final String PATH_PARAMETER = "path";
    private static final String HUGEPAGES_PARAMETER = "require_hugepages";

    private final String path;
    private final boolean requireHugepages;

    private RegionUri(final String path, final boolean requireHugepages) {
        this.path = path;
        this.requireHugepages = requireHugepages;
    }

    /**
     * Reads a URI.
     *
     * @param uri text from a message.
     * @return the URI.
     * @throws RegionException if it breaks the grammar; the message names the URI and the cause.
     */
    public static RegionUri parse(final String uri) {
        if (!uri.startsWith(PREFIX)) {
            throw refused(
                    uri, "its scheme is not shm:file, the only one there is; expected shm:file?path=<absolute path>");
        }
        final String[] parameters = uri.substring(PREFIX.length()).split("\\|", -1);
        final String path = value(uri, parameters[0], PATH_PARAMETER);
        checkPath(uri, path);
        if (parameters.length == 1) {
            return new RegionUri(path, false);
        }
        final String flag = value(uri, parameters[1], HUGEPAGES_PARAMETER);
        if (!flag.equals("true") && !flag.equals("false")) {
            throw refused(uri, "require_hugepages is '" + flag + "'; expected true or false");
        }
        if (parameters.length > 2) {
            throw refused(uri, "nothing may follow require_hugepages; found '" + parameters[2] + "'");
        }
        return new RegionUri(path, flag.equals("true"));
    }

    /**
     * Makes a URI.
     *
     * @param path             absolute path of the file.
     * @param requireHugepages whether whoever maps the file must find huge pages.
     * @return the URI.
     * @throws RegionException if the path cannot be written in a URI.
     */
    public static RegionUri of(final String path, final boolean requireHugepages) {
        final RegionUri uri = new RegionUri(path, requireHugepages);
        checkPath(uri.toString(), path);
        return uri;
    }

    /**
     * Path of the file.
     *
     * @return absolute, with no empty, {@code .} or {@code ..} part.
     */
    public String path() {
        return path;
    }

    /**
     * Whether the file must be backed by huge pages.
     *
     * @return false unless the URI asks for it.
     */
    public boolean requireHugepages() {
        return requireHugepages;
    }

    private static String value(final String uri, final String parameter, final String expectedName) {
        final int equals = parameter.indexOf('=');
        final String name = equals < 0 ? parameter : parameter.substring(0, equals);
        if (equals < 0 || !name.equals(expectedName)) {
            final boolean known = name.equals(PATH_PARAMETER) || name.equals(HUGEPAGES_PARAMETER);
            throw refused(
                    uri,
                    (known
                                    ? "parameter '" + name + "' is out of place or repeated"
                                    : "unknown parameter '" + name + "'")
                            + "; expected " + expectedName + "=");
        }
        return parameter.substring(equals + 1);
    }

    private static void checkPath(final String uri, final String path) {
        for (int i = 0; i < path.length(); i++) {
            final char c = path.charAt(i);
            if (c <= ' ' || c > '~' || c == '?' || c == '|') {
                throw refused(uri, String.format("character U+%04X at %d of its path is not allowed", (int) c, i));
            }
        }
        if (!path.startsWith("/")) {
            throw refused(uri, "its path is not absolute");
        }
        for (final String part : path.substring(1).split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                throw refused(uri, "its path has the part '" + part + "'; empty, '.' and '..' parts are not allowed");
            }
        }
    }

    private static RegionException refused(final String uri, final String cause) {
        // What a peer sent is printed with nothing in it that could forge a line of a log.
        return new RegionException(
                "refused region '" + uri.replaceAll("[^ -~]", "?") + "': " + cause.replaceAll("[^ -~]", "?"));
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof final RegionUri uri
                && requireHugepages == uri.requireHugepages
                && path.equals(uri.path);
    }

    @Override
    public int hashCode() {
        return path.hashCode() * 31 + Boolean.hashCode(requireHugepages);
    }

    /** The canonical text: {@code require_hugepages} appears only if true. */
    @Override
    public String toString() {
        return PREFIX + PATH_PARAMETER + '=' + path + (requireHugepages ? "|" + HUGEPAGES_PARAMETER + "=true" : "");
    }
}

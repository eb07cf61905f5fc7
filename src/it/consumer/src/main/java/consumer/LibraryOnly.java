package consumer;

import io.tensorpool.ConfigurationException;
import io.tensorpool.client.ClientContext;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.FrameClaim;
import io.tensorpool.client.Producer;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.driver.DriverContext;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.TensorPool;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/** With nothing but the library: what a user inherits, and what works without the optional dependencies. */
public final class LibraryOnly {
    private static final List<String> OPTIONAL = List.of(
            "io.aeron.driver.MediaDriver",
            "org.tomlj.Toml",
            "picocli.CommandLine",
            "tools.jackson.core.JsonParser",
            "org.HdrHistogram.Histogram",
            "org.jspecify.annotations.Nullable");

    private LibraryOnly() {}

    public static void main(final String[] args) throws Exception {
        OPTIONAL.forEach(LibraryOnly::checkAbsent);
        final int count = loadApi();
        check(count > 30, "only " + count + " public classes in the library");
        // Compiled against, and linked.
        check(new ClientContext() != null && new DriverContext() != null && new FrameClaim() != null, "contexts");
        check(TensorPoolClient.class != null && TensorPoolDriver.class != null, "services");
        check(AutoCloseable.class.isAssignableFrom(Producer.class), "producer");
        check(AutoCloseable.class.isAssignableFrom(Consumer.class), "consumer");

        try (TensorPool pool = TensorPool.launchEmbedded()) {
            throw new AssertionError("launched without a media driver: " + pool);
        } catch (final ConfigurationException expected) {
            check(expected.getMessage().contains("io.aeron:aeron-driver"), expected.toString());
        }
        System.out.println("library only: " + count + " public classes loaded");
    }

    private static void checkAbsent(final String name) {
        try {
            Class.forName(name);
        } catch (final ClassNotFoundException expected) {
            return;
        }
        throw new AssertionError(name + " is inherited from the library");
    }

    /** Loads and initializes what an application may name in its source, with all the types that it shows. */
    private static int loadApi() throws IOException, ClassNotFoundException {
        final Path library = Path.of(TensorPool.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
        int count = 0;
        try (JarFile jar = new JarFile(library.toFile())) {
            for (final JarEntry entry : jar.stream().toList()) {
                final String name = entry.getName();
                if (name.matches("io/tensorpool/((client|driver|embedded|tensor|shm)/)?\\w+\\.class")) {
                    final Class<?> type =
                            Class.forName(name.replace('/', '.').substring(0, name.length() - ".class".length()));
                    if (Modifier.isPublic(type.getModifiers())) {
                        type.getMethods();
                        type.getConstructors();
                        type.getFields();
                        count++;
                    }
                }
            }
        }
        return count;
    }

    private static void check(final boolean condition, final String message) {
        if (!condition) {
            throw new AssertionError(message);
        }
    }
}

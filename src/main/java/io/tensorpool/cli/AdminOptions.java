package io.tensorpool.cli;

import io.tensorpool.TensorPoolException;
import io.tensorpool.driver.AdminClient;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Which driver an administrator means. */
final class AdminOptions {
    @Option(
            names = "--base-dir",
            paramLabel = "DIR",
            description = "shm.base_dir of the driver (default: ${DEFAULT-VALUE})")
    Path baseDir = Path.of("/dev/shm");

    @Option(names = "--user", description = "user that the driver runs as (default: ${DEFAULT-VALUE})")
    String user = System.getProperty("user.name", "unknown");

    @Option(names = "--namespace", description = "shm.namespace of the driver (default: ${DEFAULT-VALUE})")
    String namespace = "default";

    AdminOptions() {}

    /**
     * Asks the driver.
     *
     * @return its answer without the closing line.
     * @throws TensorPoolException if there is no such driver, or it answers with an error.
     */
    List<String> ask(final String request) {
        return AdminClient.ask(baseDir.resolve("tensorpool-" + user).resolve(namespace), request);
    }
}

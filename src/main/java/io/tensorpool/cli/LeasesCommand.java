package io.tensorpool.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Lists the active leases of a running driver. */
@Command(
        name = "leases",
        mixinStandardHelpOptions = true,
        description = "Lists the active leases of a driver of this host, one per line.")
final class LeasesCommand implements Callable<Integer> {
    @Mixin
    AdminOptions admin = new AdminOptions();

    LeasesCommand() {}

    @Override
    public Integer call() {
        admin.ask("leases").forEach(System.out::println);
        return 0;
    }
}

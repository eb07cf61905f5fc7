package io.tensorpool.cli;

import io.tensorpool.ConfigurationException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Ends a lease by order of an administrator. */
@Command(
        name = "revoke",
        mixinStandardHelpOptions = true,
        description = {
            "Ends a lease of a driver of this host; `leases` lists them.",
            "A client that lives attaches again by itself: stop it, too, if it shall stay away."
        })
final class RevokeCommand implements Callable<Integer> {
    @Mixin
    AdminOptions admin = new AdminOptions();

    @Parameters(paramLabel = "LEASE", description = "id of the lease")
    String leaseId = "";

    RevokeCommand() {}

    @Override
    public Integer call() {
        if (!leaseId.matches("[0-9]{1,20}")) {
            throw new ConfigurationException("lease '" + leaseId + "': expected a number, as `leases` prints it");
        }
        admin.ask("revoke " + leaseId);
        System.out.println("lease " + leaseId + " revoked");
        return 0;
    }
}

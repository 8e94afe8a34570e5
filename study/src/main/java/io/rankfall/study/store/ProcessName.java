package io.rankfall.study.store;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Names a process such that others on the same machine can tell whether it still runs, whatever
 * clocks say.
 *
 * @param machine of this boot and process namespace; empty where the system does not tell them
 * @param process its number and when it was started after boot
 */
record ProcessName(String machine, String process) {

  static ProcessName ofThisProcess() {
    long pid = ProcessHandle.current().pid();
    String machine = thisMachine();
    return machine.isEmpty()
        ? new ProcessName("host " + hostName(), Long.toString(pid))
        : new ProcessName(machine, pid + " " + startOf(pid));
  }

  /**
   * Whether {@code other} is known to have ended; false if it runs or nobody can tell from here.
   */
  boolean knowsEndOf(ProcessName other) {
    if (!other.machine.equals(machine) || machine.startsWith("host ")) {
      return false;
    }
    long pid = Long.parseLong(other.process.substring(0, other.process.indexOf(' ')));
    return !other.process.equals(pid + " " + startOf(pid));
  }

  private static String thisMachine() {
    try {
      String boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
      return boot + " " + Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  /** In clock ticks since boot; {@code ended} if there is no such process any more. */
  private static String startOf(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      // The name in parentheses may hold spaces.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return fields[0].equals("Z") ? "ended" : fields[19];
    } catch (IOException e) {
      return "ended";
    }
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }
}

"""A cluster of Raspberry Pis that are not there: hosts made of namespaces, reached over real SSH.

`with VirtualCluster([VirtualHost("pi-1"), VirtualHost("pi-2", cores=0.2)]) as cluster:` makes it, `python -m
tests.virtual_cluster --hosts 3` does so by hand. Each host has of its own

- host name, process ids, IPC and network, with a link of 100 Mbit/s to a switch that this machine is plugged into;
- an sshd with host keys of its own, which lets in a user key that was made for the cluster;
- a CPU quota, which holds for everything that runs on it, and as many of this machine's CPUs as that takes, in turn;
- a /proc/stat that shows what its CPUs did for it alone: see `proc_stat`;
- a thermal zone, a clock speed and a firmware's throttling flags, which follow the load on it: see `climate`;
- a file system that begins as this machine's: see `boot`. What is written stays on the host and goes with it.

Of this machine, and so the same on all hosts, are the kernel, its clock, its memory, disks and load average as /proc
shows them, and folders that no system has: a checkout in /work is seen by every host. Pressure stall information, which
would be that of all hosts together, is not there, as on a Pi that was booted without.

Hosts whose cores are more together than this machine has take CPU time from each other, which shows on each as stolen
time: such a cluster shows what goes wrong, but not how fast anything is.

Nothing leads further: no host has a route beyond the cluster's own network, and nothing here forwards for it.
"""

from .cluster import VirtualCluster
from .host import VirtualHost
from .programs import why_not

__all__ = ["VirtualCluster", "VirtualHost", "why_not"]

# shellcheck shell=bash
# The node of a cluster, for tests/cluster/up and down: containerd, kubelet and
# kube-proxy in namespaces of their own (mounts, processes, network, cgroups), so
# that their interfaces, iptables rules, mounts and pods are seen by nobody else
# and end with the first process in there. To be sourced, with the variable dir.
#
# A veth pair links them to the machine. With a number N that is free here:
#   10.87.N.1   the machine, where the API server listens
#   10.87.N.2   the node
#   10.88.N.*   pods, and 10.89.N.* Services: the machine reaches both
# There is no cluster DNS, and no way from pods to any other network.

# shellcheck disable=SC2154 # dir, here and the programs come from the script that sources this

node_name=node

# What a node needs of this machine; one line for each thing that is missing.
node_obstacles() {
  ((EUID == 0)) || echo 'a node needs root: it makes namespaces, mounts and network interfaces'
  command -v runc >/dev/null || echo 'runc is not installed (Debian package runc)'
  [[ -x /usr/lib/cni/ptp ]] || echo 'the network plugins are not in /usr/lib/cni (Debian package containernetworking-plugins)'
  command -v iptables >/dev/null || echo 'iptables is not installed (Debian package iptables)'
  command -v ip >/dev/null || echo 'ip is not installed (Debian package iproute2)'
  [[ -d /sys/fs/cgroup/memory ]] || echo 'a node needs the hierarchies of cgroup v1 below /sys/fs/cgroup'
}

# The cgroup of the node in each hierarchy.
node_cgroups() {
  local point name
  name=$(sha256sum <<<"$dir")
  awk '$3 == "cgroup" { print $2 }' /proc/mounts | while read -r point; do
    printf '%s/schema-audit-%s\n' "$point" "${name:0:12}"
  done
}

# Is this number used, by another cluster or by a network of the machine?
number_taken() {
  local net
  for net in 10.87 10.88 10.89; do
    [[ -z $(ip -4 route show root "$net.$1.0/24") ]] || return 0
  done
  return 1
}

# Takes a free number, or that which DIR had before: its addresses are in
# certificates and in what the API server keeps. Whose directory is the alias of
# the interface owns the number.
make_link() {
  local tries
  for ((tries = 0; tries < 60; tries++)); do
    if [[ -e $dir/node.number ]]; then number=$(<"$dir/node.number"); else number=$((RANDOM % 256)); fi
    if ! number_taken "$number" && ip link add "schema-audit-$number" type veth peer name "saudit-node-$number" 2>/dev/null; then
      ip link set "schema-audit-$number" alias "$dir"
      echo "$number" >"$dir/node.number"
      ip addr add "10.87.$number.1/24" dev "schema-audit-$number"
      ip link set "schema-audit-$number" up
      ip route add "10.88.$number.0/24" via "10.87.$number.2"
      ip route add "10.89.$number.0/24" via "10.87.$number.2"
      return
    fi
    [[ ! -e $dir/node.number ]] || die "the networks 10.87.$number.0/24 to 10.89.$number.0/24 of $dir are used by others now"
  done
  die "found no free networks in 10.87.0.0/16, 10.88.0.0/16 and 10.89.0.0/16"
}

make_cgroups() {
  local cgroup file
  for cgroup in $(node_cgroups); do
    mkdir -p "$cgroup"
    # The hierarchy cpuset takes no process before these are set.
    for file in cpuset.cpus cpuset.mems; do
      if [[ -e $cgroup/$file ]]; then cat "${cgroup%/*}/$file" >"$cgroup/$file"; fi
    done
  done
}

# The processes in there are gone; the kernel may take a moment to see that.
remove_cgroups() {
  local cgroup tries
  for cgroup in $(node_cgroups); do
    for ((tries = 0; tries < 100; tries++)); do
      [[ -d $cgroup ]] || break
      find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null && break
      sleep 0.05
    done
  done
}

# Runs a program in the cgroups of the node, for good: to be called in a process
# of its own.
in_cgroups() {
  local cgroup
  for cgroup in $(node_cgroups); do echo "$BASHPID" >"$cgroup/cgroup.procs"; done
  exec "$@"
}

namespaces_ready() { [[ -e $dir/node/ready ]]; }

# The first process of the namespaces, as seen from here; its parent is unshare.
start_namespaces() {
  rm -rf "$dir/node"
  mkdir -p "$dir"/node/{lib,log,work,cni,certificates}
  cc -static -Os -o "$dir/node/pause" "$here/pause.c" || return
  make_cgroups || return
  export dir
  export -f in_cgroups node_cgroups
  spawn "$dir/node.pid" "$dir/node.log" bash -c 'in_cgroups "$@"' cgroups \
    unshare --mount --net --pid --cgroup --fork --kill-child --mount-proc "$here/namespaces" "$dir/node"
  poll 30 "$dir/node.pid" namespaces_ready || return
  read -r first _ <"$dir/node.pid"
  first=$(tr -d ' ' <"/proc/$first/task/$first/children") && [[ -n $first ]] || return
  ip link set "saudit-node-$number" netns "$first" &&
    in_node ip addr add "10.87.$number.2/24" dev "saudit-node-$number" &&
    in_node ip link set "saudit-node-$number" up &&
    in_node ip link set lo up &&
    in_node ip route add default via "10.87.$number.1"
}

# Runs a program in the namespaces, and waits for it.
in_node() { nsenter --target "$first" --mount --net --pid --cgroup -- "$@"; }

# Starts a program in the namespaces and the cgroups, as spawn does.
spawn_in_node() { # spawn_in_node PROGRAM COMMAND...
  local program=$1
  shift
  # Containers get files and directories that are made with this mask.
  spawn "$dir/$program.pid" "$dir/$program.log" bash -c 'umask 022 && in_cgroups "$@"' cgroups \
    nsenter --target "$first" --mount --net --pid --cgroup -- "$@"
}

write_network() {
  cat >"$dir/node/cni/10-pods.conflist" <<JSON
{
  "cniVersion": "1.0.0",
  "name": "pods",
  "plugins": [
    {
      "type": "ptp",
      "ipam": {
        "type": "host-local",
        "ranges": [[{"subnet": "10.88.$number.0/24"}]],
        "routes": [{"dst": "0.0.0.0/0"}]
      }
    }
  ]
}
JSON
}

write_containerd_settings() {
  cat >"$dir/node/containerd.toml" <<TOML
version = 3
root = '$dir/node/containerd'
state = '/run/containerd'

[grpc]
address = '$dir/node/containerd.sock'

[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = 'registry.local/pause:test'

[plugins.'io.containerd.cri.v1.runtime']
# Such machines may not have CAP_SYS_RESOURCE.
restrict_oom_score_adj = true

[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ['/usr/lib/cni']
conf_dir = '$dir/node/cni'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
SystemdCgroup = false
TOML
}

containerd_ready() { ctr version >/dev/null 2>&1; }

ctr() { "$ctr" --address "$dir/node/containerd.sock" --namespace k8s.io "$@"; }

start_containerd() {
  write_network
  write_containerd_settings
  spawn_in_node containerd "$containerd" --config "$dir/node/containerd.toml"
  poll 30 "$dir/containerd.pid" containerd_ready || return
  "$here/image" pause "$dir/node/pause.tar" --program "$dir/node/pause" || return
  ctr images import "$dir/node/pause.tar" >/dev/null 2>>"$dir/containerd.log"
}

# Nothing is evicted and no image removed because the disk of the machine is full.
write_kubelet_settings() {
  cat >"$dir/node/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix://$dir/node/containerd.sock
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: false}
  x509: {clientCAFile: "$dir/kubelet-client.crt"}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
failCgroupV1: false
failSwapOn: false
localStorageCapacityIsolation: false
featureGates: {KubeletInUserNamespace: true}
resolvConf: "$dir/node/resolv.conf"
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%"}
YAML
  : >"$dir/node/resolv.conf"
}

node_ready() {
  [[ $(get "/api/v1/nodes/$node_name" | jq -r '.status.conditions[] | select(.type == "Ready").status') == True ]]
}

start_kubelet() {
  write_kubelet_settings
  write_kubeconfig "$dir/kubelet.kubeconfig" "system:node:$node_name"
  spawn_in_node kubelet "$kubelet" --config "$dir/node/kubelet.yaml" --kubeconfig "$dir/kubelet.kubeconfig" \
    --root-dir "$dir/node/kubelet" --cert-dir "$dir/node/certificates" \
    --hostname-override "$node_name" --node-ip "10.87.$number.2"
  poll 60 "$dir/kubelet.pid" node_ready
}

services_ready() { in_node iptables -t nat -n -L KUBE-SERVICES 2>/dev/null | grep -q 'default/kubernetes:https'; }

start_kube_proxy() {
  write_kubeconfig "$dir/kube-proxy.kubeconfig" system:kube-proxy
  spawn_in_node kube-proxy "$kube_proxy" --kubeconfig "$dir/kube-proxy.kubeconfig" --hostname-override "$node_name" \
    --proxy-mode iptables --cluster-cidr "10.88.$number.0/24" \
    --conntrack-max-per-core 0 --conntrack-tcp-timeout-established 0 --conntrack-tcp-timeout-close-wait 0
  poll 60 "$dir/kube-proxy.pid" services_ready
}

start_scheduler() {
  write_kubeconfig "$dir/kube-scheduler.kubeconfig" system:kube-scheduler
  spawn "$dir/kube-scheduler.pid" "$dir/kube-scheduler.log" "$scheduler" \
    --kubeconfig "$dir/kube-scheduler.kubeconfig" --leader-elect=false --secure-port 0
  poll 60 "$dir/kube-scheduler.pid" first_pod_ran
}

# The proof that all parts work together: a pod that comes up.
first_pod_ran() {
  local pod='{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "first"}, "spec": {"terminationGracePeriodSeconds": 0,
    "containers": [{"name": "pause", "image": "registry.local/pause:test", "imagePullPolicy": "Never"}]}}'
  if [[ -z ${first_pod_asked:-} ]]; then
    get /api/v1/namespaces/default/pods --json "$pod" >/dev/null || return
    first_pod_asked=yes
  fi
  [[ $(get /api/v1/namespaces/default/pods/first | jq -r .status.phase) == Running ]] || return
  get /api/v1/namespaces/default/pods/first -X DELETE >/dev/null
}

# Ends the processes and removes all that they have made outside of DIR. Nothing
# here fails for what is gone, or was never made.
stop_node() {
  local program link
  # With the first process of the namespaces, the kernel ends all others in them.
  stop "$dir/node.pid" KILL
  for program in kube-proxy kubelet containerd; do stop "$dir/$program.pid" KILL; done
  remove_cgroups
  for link in /sys/class/net/schema-audit-*; do
    if [[ $(cat "$link/ifalias" 2>/dev/null) == "$dir" ]]; then ip link delete "${link##*/}" 2>/dev/null || true; fi
  done
  rm -rf "$dir/node"
}

# shellcheck shell=bash source-path=SCRIPTDIR/lib
# What deploy scripts are composed of. A script says `source "$MUSTER_DEPLOY_UTILS"`; README.md documents each function.
# Names that begin with `muster_` are for everybody; `_muster_` stays inside this library.

_muster_lib=$(cd -P -- "${BASH_SOURCE[0]%/*}/lib" && pwd)
source "$_muster_lib/log.sh"
source "$_muster_lib/clock.sh"
source "$_muster_lib/setting.sh"
source "$_muster_lib/process.sh"
source "$_muster_lib/rotate.sh"
source "$_muster_lib/daemon-files.sh"
source "$_muster_lib/daemon.sh"
source "$_muster_lib/expand.sh"
source "$_muster_lib/render.sh"
source "$_muster_lib/become.sh"
source "$_muster_lib/launch.sh"
source "$_muster_lib/unit.sh"
source "$_muster_lib/probe.sh"
source "$_muster_lib/wait.sh"
source "$_muster_lib/retry.sh"
source "$_muster_lib/link.sh"
source "$_muster_lib/lock.sh"
source "$_muster_lib/port.sh"
source "$_muster_lib/instance.sh"
source "$_muster_lib/service.sh"
source "$_muster_lib/wave.sh"

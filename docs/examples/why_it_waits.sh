# Ask the scheduler why a job waits, and do something about it.
job=$(qsub -terse -b y -N patient -l h_rt=200:00:00 -o /dev/null -j y true)
python -m fake_sge advance 15s --root "$SGE_ROOT"
qstat -j "$job" | grep -A 9 "^scheduling info"
qalter -l h_rt=4:00:00 "$job"
python -m fake_sge advance 1h --root "$SGE_ROOT"
qacct -j "$job" | grep -E "^(jobname|failed|exit_status)"

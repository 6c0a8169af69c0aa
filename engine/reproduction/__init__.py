"""The table of accuracies, trained anew: which rows it has, one run, all runs, and what came of them.

Nothing is imported here: a run happens in a child process that starts one file of this folder.
"""

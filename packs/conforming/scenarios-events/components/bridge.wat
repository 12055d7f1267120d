;; Stands for a component: nothing calls it.
(module)

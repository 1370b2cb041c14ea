apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .Release.Name }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: engine-double
rules:
  - {apiGroups: [multicluster.admiralty.io], resources: [targets], verbs: [list]}
  - {apiGroups: [multicluster.admiralty.io], resources: [podchaperons], verbs: [get, list]}
  - {apiGroups: [multicluster.admiralty.io], resources: [podchaperons/status], verbs: [patch]}
  - {apiGroups: [""], resources: [pods], verbs: [create, delete, get, list, patch]}
  - {apiGroups: [""], resources: [pods/status], verbs: [patch]}
  - {apiGroups: [""], resources: [pods/binding], verbs: [create]}
  - {apiGroups: [""], resources: [configmaps, secrets], verbs: [get]}
  - {apiGroups: [""], resources: [nodes], verbs: [create, get]}
  - {apiGroups: [""], resources: [nodes/status], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: engine-double
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: engine-double}
subjects:
  - {kind: ServiceAccount, name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: engine-double
spec:
  replicas: 1
  selector:
    matchLabels: {app: engine-double}
  template:
    metadata:
      labels: {app: engine-double, component: controller-manager}
    spec:
      serviceAccountName: {{ .Release.Name }}
      containers:
        - name: engine-double
          image: engine-double
          env:
            - {name: CLUSTER_NAME, value: {{ .Values.clusterName | quote }}}
          readinessProbe:
            httpGet: {path: /readyz, port: 8080}
          volumeMounts:
            - {name: cert, mountPath: /tmp/k8s-webhook-server/serving-certs, readOnly: true}
      volumes:
        - name: cert
          secret: {secretName: {{ .Release.Name }}-cert}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  selector: {app: engine-double}
  ports:
    - {port: 443, targetPort: 9443}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata:
  name: engine-double
webhooks:
  - name: engine-double.multicluster.admiralty.io
    clientConfig:
      service: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}, path: /mutate--v1-pod}
    failurePolicy: Fail
    sideEffects: None
    admissionReviewVersions: [v1]
    namespaceSelector:
      matchLabels: {multicluster-scheduler: enabled}
    rules:
      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
